/** Every code the store fails with, and what it means for the hub. */
const storeErrorCodes = {
  "store.locked": "Another hub uses the data folder.",
  "store.permissions": "A file or folder that holds secrets can be read by other accounts of the machine.",
  "store.foreign": "A database file belongs to another program.",
  "store.newer": "A database was written by a newer version; it was left as it is.",
  "store.corrupt": "A database file is damaged.",
  "store.migration":
    "A database could not be brought to the shape this version needs; it was left as it was.",
  "store.overloaded": "More waits to be written than the disk keeps up with; try again later.",
  "store.disk-full": "The disk is full.",
  "store.failed": "The disk reported an error; nothing more is written.",
  "store.rejected": "A change breaks a rule of the database; nothing of it was written.",
  "store.closed": "The store is closed.",
  "vault.unreadable": "A secret cannot be decrypted: it was changed, moved, or sealed with another key.",
} as const;

export type StoreErrorCode = keyof typeof storeErrorCodes;

/** What the store cannot do, with a stable code and a sentence for the user. */
export class StoreError extends Error {
  override readonly name = "StoreError";
  readonly code: StoreErrorCode;

  constructor(code: StoreErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
