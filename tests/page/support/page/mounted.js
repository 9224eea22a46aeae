// A page that has the element from the beginning.

import { mount } from "./element.js";

mount();
