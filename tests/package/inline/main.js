import { connect } from "research-socket/inline";
import { follow } from "../shared/follow.js";

follow(connect);
