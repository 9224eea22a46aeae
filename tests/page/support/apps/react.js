// React as a module, for the package, so that it has the same one as the application.

export { useEffect, useState, useSyncExternalStore } from "react";
