/**
 * The most header fields of one request. Browsers send about 20 and a proxy in front adds 10; Node's limit of 1,000
 * only helps an attacker who looks for a slow path. On HTTP/1 Node drops further fields and serves the rest:
 * `authenticate` answers such requests with 431.
 */
export const maxHeaderFields = 256;

/**
 * The most bytes of a header block by default, in both protocols: Node's default for HTTP/1. Room for a JWT of 12 kB and
 * cookies.
 */
export const maxHeaderBytes = 16_384;

/**
 * A header block of HTTP/2 that is this many times too long is reset; a shorter one is read and answered 431. Node has
 * one number for what it tells clients and for where it resets, and counts only after clients have confirmed it.
 */
export const readBeyondLimit = 4;

/**
 * How long a connection without a request is kept. It is longer than the 60 s for which load balancers keep theirs:
 * else they would send a request into a connection that is just closing.
 */
export const idleTimeoutMs = 65_000;

/**
 * One look at all connections, instead of a timer for each. Time-outs are late by this much at most, the measurement of
 * a body by twice this much; and both by what the looks themselves are late.
 */
export const sweepMs = 500;

/**
 * The minimum rate of a body that the gateway waits for, in bytes per second, measured over `headersTimeoutMs`: any
 * modem is faster, and a client that sends a byte per second only holds a connection. Kestrel, the server of .NET, has
 * this rate.
 */
export const minBodyBytesPerSecond = 240;

/** The most open streams: the least that RFC 9113 §6.5.2 recommends. Node's default is 2^32 - 1; each costs memory. */
export const maxConcurrentStreams = 100;

/**
 * Streams of one connection that may end in a reset within one sweep (CVE-2023-44487: the attacker opens and resets
 * streams, and the server works without use). Twice what can be open at once: when an upstream dies, each of them is
 * reset once. Node 20 counts to about 1,170, and then leaves the connection open.
 */
export const maxResetsPerSweep: number = 2 * maxConcurrentStreams;

/**
 * Unread bytes that a client may have under way, per stream and for the connection as a whole. 64 KiB, the default,
 * holds an upload over a path of 100 ms to 0.6 MB/s; this costs at most 256 KiB for a connection whose bodies are not
 * read.
 */
export const windowBytes = 262_144;

/** The invalid frames that a session survives. Node allows 1,000, which is a flood. */
export const maxSessionInvalidFrames = 20;

/** Streams opened beyond `maxConcurrentStreams` that a session survives: Node's default. */
export const maxSessionRejectedStreams = 100;

/** The time from GOAWAY to the end of the connection: else a client that never closes its side would keep it open. */
export const goAwayMs = 1_000;
