import type { Socket } from "node:net";

/**
 * Stops reading from a connection of HTTP/1. Pausing the message alone lets Node fill its buffer first, and a socket that
 * is paused within a read is resumed by a `resume()` that was scheduled before: Node then reads without end.
 *
 * @returns a function that lets Node read again
 */
export function holdSocket(socket: Socket): () => void {
  const hold = (): void => {
    socket.pause();
    // `pause()` says nothing when the stream believes that it is paused already, and Node's server stops reading only
    // when it is told.
    socket.emit("pause");
  };
  socket.on("resume", hold);
  hold();
  return () => {
    socket.off("resume", hold);
    socket.resume();
  };
}
