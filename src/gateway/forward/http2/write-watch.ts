/** A connection that has written nothing of a new stream for so long gets no other. */
const stuckMs = 1_000;

/** And after so long it is given up. */
const deadMs = 5_000;

/**
 * Finds a connection that writes nothing of its new streams. After some faults of an upstream (HPACK, the size of a frame) a
 * session of Node 20 says nothing, reads nothing and writes nothing any more. A connection whose upstream reads nothing
 * looks the same; that may have a reason, and pass.
 */
export class WriteWatch {
  /** It gets no new stream. */
  isStuck = false;
  /** When the first one of those streams was opened of which, for all that is known, nothing was written. */
  #since: number | undefined;
  #first = 0;
  /** What the socket had written before. */
  #bytes = 0;

  /**
   * A stream is about to be opened.
   *
   * @param bytesWritten what the socket has written until now
   */
  note(ordinal: number, bytesWritten: number, now: number): void {
    if (this.#since !== undefined && bytesWritten === this.#bytes) return;
    this.#since = now;
    this.#first = ordinal;
    this.#bytes = bytesWritten;
  }

  /** Whether it is certain that nothing of a stream was written: asked after the connection was given up. */
  isUnsent(ordinal: number): boolean {
    return this.isStuck && ordinal >= this.#first;
  }

  /**
   * @param isAlive something was read since the last time
   * @returns `false` when the connection is to be given up
   */
  look(bytesWritten: number, isAlive: boolean, now: number): boolean {
    if (this.#since === undefined) return true;
    if (isAlive || bytesWritten !== this.#bytes) {
      // What was read may have been the fault.
      this.#since = bytesWritten === this.#bytes ? now : undefined;
      this.isStuck = false;
      return true;
    }
    const wasStuck = this.isStuck;
    this.isStuck = now - this.#since >= stuckMs;
    return !wasStuck || now - this.#since < deadMs;
  }
}
