import { createApp } from "vue";
import Research from "./Research.vue";

createApp(Research, { id: "research-1" }).mount("#root");
