// A page that has a list from the beginning.

import { mount } from "./list.js";

mount({ of: { a: {}, b: { status: "queued", progress: null }, c: { status: "completed", progress: 100 } }, titles: { a: "Tidal power" } });
