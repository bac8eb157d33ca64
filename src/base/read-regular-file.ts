import { type BigIntStats, closeSync, constants, fstatSync, openSync, readFileSync } from "node:fs";
import { isDescriptorCode, toDescriptorText } from "./out-of-descriptors.js";

/** The content of a file and the description of the very file that was read. */
export interface FileRead {
  readonly bytes: Buffer;
  readonly stats: BigIntStats;
}

/** Why a file was not read: the system's code, or `undefined` when `text` says all. */
export interface FileFault {
  readonly fault: string;
  readonly code?: string | undefined;
}

/**
 * Reads a regular file through one descriptor, so that the rights that are checked are those of the content that is read.
 * Anything else is refused unread: a FIFO without a writer, or a device, would stop the process for good, since `open`
 * waits for one and `read` for the other.
 *
 * @param faultOf says what is wrong with the file's description, or `undefined` when it may be read
 * @returns the content, or the fault: `code` is `ENOENT`, `EACCES` and so on where the system has refused
 */
export function readRegularFile(
  path: string,
  faultOf: (stats: BigIntStats) => string | undefined = () => undefined,
): FileRead | FileFault {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)); // Windows has no O_NONBLOCK
    const stats = fstatSync(descriptor, { bigint: true });
    const fault = stats.isFile() ? faultOf(stats) : `${path} is not a file`;
    return fault === undefined ? { bytes: readFileSync(descriptor), stats } : { fault };
  } catch (error) {
    const { code = "unknown fault" } = error as NodeJS.ErrnoException;
    const why = isDescriptorCode(code) ? `: ${toDescriptorText(code)}` : ` (${code})`;
    return { fault: `the file ${path} cannot be read${why}`, code };
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}
