// Where the classic script is. The build puts it in the place of `import.meta.url`, which only modules have: beside the script
// is what it loads. A script whose text is in the page itself loads from beside the page.

// From the prototype: on `document` an element of the page with that name takes the place of what the browser says.
const ofDocument = (name) => Reflect.get(Document.prototype, name, document);

export const scriptUrl = ofDocument("currentScript")?.src || ofDocument("baseURI");
