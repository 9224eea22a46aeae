// Where the classic script is. The build puts it in the place of `import.meta.url`, which only modules have: beside the script
// is what it loads. A script whose text is in the page itself loads from beside the page.

import { ofDocument } from "./tag.js";

export const scriptUrl = ofDocument("currentScript")?.src || ofDocument("baseURI");
