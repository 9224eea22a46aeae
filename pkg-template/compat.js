// `window.socket` of the application's pages, as a module. Without a page, as on a server that renders it, importing does nothing.

import { install } from "./compat/socket.js";
import { tagOf } from "./compat/tag.js";
import { connect } from "./index.js";

/** A file of its own, which only a page loads that asks for the element. */
const loadElement = () => import("./compat-element.js");

if (typeof window !== "undefined" && typeof document !== "undefined") install(window, connect, tagOf(import.meta.url)?.dataset, loadElement);
