// Where the classic script is. The build puts it in the place of `import.meta.url`, which only modules have: beside the script
// is what it loads. A script whose text is in the page itself loads from beside the page.

export const scriptUrl = document.currentScript?.src || document.baseURI;
