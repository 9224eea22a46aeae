import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { Research } from "./research.jsx";

createRoot(document.getElementById("root")).render(
  <StrictMode>
    <Research id="research-1" />
  </StrictMode>,
);
