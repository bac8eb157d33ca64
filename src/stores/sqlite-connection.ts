import type { Awaitable } from "../handlers/handler.js";
import type { SqliteDatabase } from "./sqlite-driver.js";
import type { Attempt } from "./sqlite-retry.js";

export interface Connection {
  read: Attempt;
  /** One statement, which is atomic by itself. */
  writeOne<T>(durable: boolean, action: () => T): Awaitable<T>;
  /** Several statements, all or none. */
  write<T>(durable: boolean, action: () => T): Awaitable<T>;
}

export function createConnection(database: SqliteDatabase, attempt: Attempt): Connection {
  const begin = database.prepare("begin immediate");
  const commit = database.prepare("commit");
  let isFull = false;

  /** In WAL mode `full` waits for the disk at each commit, `normal` only at checkpoints. No effect inside a transaction. */
  function synchronise(durable: boolean): void {
    if (isFull === durable) return;
    database.exec(durable ? "pragma synchronous = full" : "pragma synchronous = normal");
    isFull = durable;
  }

  return {
    read: attempt,
    writeOne: (durable, action) =>
      attempt(() => {
        synchronise(durable);
        return action();
      }),
    write: (durable, action) =>
      attempt(() => {
        synchronise(durable);
        begin.run();
        try {
          const result = action();
          commit.run();
          return result;
        } catch (error) {
          if (database.isTransaction) database.exec("rollback");
          throw error;
        }
      }),
  };
}

/** Goes on at once after an answer, later after a promise. */
export function after<T, R>(answer: Awaitable<T>, then: (value: T) => R): Awaitable<R> {
  return answer instanceof Promise ? answer.then(then) : then(answer);
}
