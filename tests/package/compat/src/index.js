import "research-socket/compat";
import "../../shared/old-page.js";
