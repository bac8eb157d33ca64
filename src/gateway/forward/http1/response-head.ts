import type { Fault } from "./faults.js";
import { areFields, splitFields } from "./field-block.js";

/** RFC 9112 §4. The reason may be missing together with its blank, as many servers have it. */
const statusLine = /^HTTP\/1\.([01]) ([1-9][0-9]{2})(?: [\t\x20-\x7e\x80-\xff]*)?\r\n/;

/** Blanks only: Node's parser and undici's differ about a tab. As many digits as a number holds exactly. */
const lengthForm = /^ *[0-9]{1,15} *$/;

/** RFC 9112 §6.1: `chunked` alone. With any other coding one server looks for the end where another does not. */
const codingForm = /^ *chunked$/i;

/** Where the body of an answer ends (RFC 9112 §6.3). */
export type BodyEnd = "none" | "length" | "chunked" | "close";

/** The status line and the fields of an answer. One for each connection, filled anew by each answer. */
export class ResponseHead {
  status = 0;
  /** Name, value, name, value, one character for each byte. */
  fields: string[] = [];
  bodyEnd: BodyEnd = "none";
  /** Of `bodyEnd: "length"`. */
  length = 0;
  /** Whether the connection may carry another request after this answer. */
  isKept = false;
  /** From `Keep-Alive: timeout`, in seconds. */
  keepAliveSeconds: number | undefined;
  /** A 101 that agrees to a WebSocket. */
  isWebSocket = false;

  #length: number | undefined;
  #isChunked = false;
  #connection = "";
  #upgrade = "";

  /**
   * Reads a head.
   *
   * @param text the lines, each with its end
   * @returns what is wrong with it
   */
  read(text: string, isHead: boolean): Fault | undefined {
    const line = statusLine.exec(text);
    if (line === null || !areFields(text.slice(line[0].length))) return "upstream_head_invalid";
    this.status = Number(line[2]);
    this.fields = splitFields(text, line[0].length);
    return this.#readFields(text, line[0].length) ? this.#judge(isHead, line[1] === "1") : "upstream_framing_invalid";
  }

  /** The fields that are about the connection. `false` for a framing field that is there twice, or has another form. */
  #readFields(text: string, from: number): boolean {
    const { fields } = this;
    this.#length = undefined;
    this.#isChunked = false;
    this.#connection = "";
    this.#upgrade = "";
    this.keepAliveSeconds = undefined;
    for (let i = 0; i < fields.length; i += 2) {
      const name = fields[i] as string;
      const value = fields[i + 1] as string;
      switch (name.length) {
        case 7:
          if (name.toLowerCase() === "upgrade") this.#upgrade += `,${value}`;
          break;
        case 10:
          if (name.toLowerCase() === "connection") this.#connection += `,${value}`;
          else if (name.toLowerCase() === "keep-alive") this.keepAliveSeconds = readTimeout(value);
          break;
        case 14:
          if (name.toLowerCase() !== "content-length") break;
          if (this.#length !== undefined || !lengthForm.test(rawValue(text, from, i))) return false;
          this.#length = Number(value);
          break;
        case 17:
          if (name.toLowerCase() !== "transfer-encoding") break;
          if (this.#isChunked || !codingForm.test(rawValue(text, from, i))) return false;
          this.#isChunked = true;
      }
    }
    return !(this.#isChunked && this.#length !== undefined);
  }

  #judge(isHead: boolean, isHttp11: boolean): Fault | undefined {
    const { status } = this;
    const length = this.#length;
    // RFC 9112 §6.1: HTTP/1.0 has no transfer codings. RFC 9110 §8.6: no interim answer has a body.
    if (this.#isChunked && !isHttp11) return "upstream_framing_invalid";
    if (status < 200 && (this.#isChunked || length !== undefined)) return "upstream_framing_invalid";
    const connection = this.#connection.toLowerCase();
    this.isWebSocket =
      status === 101 && hasToken(connection, "upgrade") && this.#upgrade.toLowerCase() === ",websocket";
    this.isKept = isHttp11 && !hasToken(connection, "close");
    this.length = length ?? 0;
    if (status === 204 || status === 205 || status === 304 || isHead) {
      this.bodyEnd = "none";
      // A 205 without a length would end with its connection (RFC 9112 §6.3). None of these has a body, but where a
      // server sends one the next answer must not begin with it.
      if (status === 205) this.isKept &&= length === 0;
      else if (status === 204 || !isHead) this.isKept &&= !this.#isChunked && (status === 304 || this.length === 0);
    } else if (this.#isChunked) this.bodyEnd = "chunked";
    else if (length !== undefined) this.bodyEnd = length === 0 ? "none" : "length";
    else {
      this.bodyEnd = "close";
      this.isKept = false;
    }
    return undefined;
  }
}

/** The value of the field at `index` of a flat list, with the blanks around it. */
function rawValue(text: string, from: number, index: number): string {
  let at = from;
  for (let i = 0; i < index; i += 2) at = text.indexOf("\r\n", at) + 2;
  return text.slice(text.indexOf(":", at) + 1, text.indexOf("\r\n", at));
}

function hasToken(list: string, token: string): boolean {
  return list !== "" && list.split(",").some((each) => each.trim() === token);
}

/** RFC 2068 §19.7.1.1. What is no number says nothing. */
function readTimeout(value: string): number | undefined {
  const [, seconds] = /(?:^|[ ,\t])timeout *= *"?([0-9]{1,6})/i.exec(value) ?? [];
  return seconds === undefined ? undefined : Number(seconds);
}
