import { mount } from "svelte";
import Research from "./Research.svelte";

mount(Research, { target: document.getElementById("root") });
