import { describeMatrix } from "./describe-matrix.js";

// Every third cell of RPCs, on diagonals: each pair of upstream, listener, client and kind is there.
describeMatrix((sum) => sum % 3 === 0);
