import { connect } from "research-socket";
import { follow } from "../shared/follow.js";

follow(connect);
