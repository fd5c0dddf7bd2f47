// Preloaded into a hub to prove that the test of power loss can fail: its writer no longer waits for the disk.
import Database from "better-sqlite3";

const { pragma } = Database.prototype;
Database.prototype.pragma = function (text, options) {
  return pragma.call(this, text.replace("synchronous = FULL", "synchronous = NORMAL"), options);
};
