// Why a thread: a commit waits for the disk, up to 50 ms on a memory card, and the broker must not wait with it.
import { parentPort, workerData } from "node:worker_threads";
import type Database from "better-sqlite3";
import { runBatch } from "./batch.ts";
import { openForWriting, type StoreFile } from "./database.ts";
import { unpackGroups } from "./packing.ts";
import type { WriterAnswer, WriterData, WriterRequest } from "./writerProtocol.ts";

interface Connection {
  readonly database: Database.Database;
  readonly texts: Map<number, string>;
  readonly statements: Map<number, Database.Statement>;
}

const port = parentPort;
if (port === null) throw new Error("The writer runs only as a worker thread.");

const { paths }: WriterData = workerData;
const connections: Readonly<Record<StoreFile, Connection>> = {
  hub: connect("hub"),
  history: connect("history"),
};

port.on("message", (request: WriterRequest) => {
  const answer = answerTo(request);
  if (answer !== undefined) port.postMessage(answer);
});

function connect(file: StoreFile): Connection {
  return { database: openForWriting(paths[file], file), texts: new Map(), statements: new Map() };
}

function answerTo(request: WriterRequest): WriterAnswer | undefined {
  if (request.do === "close") {
    for (const { database } of Object.values(connections)) database.close();
    return { closed: true };
  }
  const connection = connections[request.file];
  if (request.do === "limit-pages") {
    connection.database.pragma(`max_page_count = ${request.pages}`);
    return undefined;
  }
  for (const [statement, text] of request.texts) connection.texts.set(statement, text);
  const result = runBatch(connection.database, unpackGroups(request.packed), (statement) =>
    prepared(connection, statement),
  );
  return { file: request.file, result };
}

function prepared({ database, texts, statements }: Connection, number: number): Database.Statement {
  const known = statements.get(number);
  if (known !== undefined) return known;
  const statement = database.prepare(texts.get(number) ?? "");
  statements.set(number, statement);
  return statement;
}
