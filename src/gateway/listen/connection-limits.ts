/**
 * Header fields of one request. Browsers send about 20 and a proxy in front adds 10; Node's 1,000 only feeds whoever
 * looks for a slow path. On HTTP/1 Node drops what is beyond and serves the rest: `authenticate` answers those with 431.
 */
export const maxHeaderFields = 256;

/** Bytes of a header block, in both protocols: Node's default for HTTP/1. Room for a JWT of 8 kB and cookies. */
export const maxHeaderBytes = 16_384;

/**
 * How long a connection without a request is kept. Longer than the 60 s that load balancers keep theirs for, or they
 * send a request into a connection that is just closing.
 */
export const idleTimeoutMs = 65_000;

/** One look at all connections, instead of a timer for each. Time-outs are late by this much at most. */
export const sweepMs = 500;

/**
 * What a body that is waited for must bring, in bytes per second, measured over `headersTimeoutMs`: any modem does, and
 * who sends a byte a second holds a connection for nothing. The rate of Kestrel, the server of .NET.
 */
export const minBodyBytesPerSecond = 240;

/** The least that RFC 9113 §6.5.2 recommends; Node's default is 2^32 - 1, and each stream costs memory. */
export const maxConcurrentStreams = 100;

/**
 * Streams of one connection that may end in a reset within one sweep (CVE-2023-44487: open, reset, repeat, and the
 * server works for nobody). Twice what can be open at once: when an upstream dies, each of them is reset once. Node 20
 * counts to about 1,170, and then leaves the connection open.
 */
export const maxResetsPerSweep: number = 2 * maxConcurrentStreams;

/**
 * Unread bytes that a client may have under way, per stream and for the connection as a whole. 64 KiB, the default,
 * holds an upload over a path of 100 ms to 0.6 MB/s; this costs at most 256 KiB for a connection whose bodies nobody
 * reads.
 */
export const windowBytes = 262_144;

/** Frames against the protocol that a session survives. Node allows 1,000: a flood. */
export const maxSessionInvalidFrames = 20;

/** Streams opened beyond `maxConcurrentStreams` that a session survives: Node's default. */
export const maxSessionRejectedStreams = 100;

/** From GOAWAY to the end of the connection: a client that never closes its side would keep ours open. */
export const goAwayMs = 1_000;
