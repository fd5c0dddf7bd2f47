import { describeBrokerStorage } from "./storage.suite.ts";
import { createMemoryStorage } from "./testing/memoryStorage.ts";

describeBrokerStorage("the memory", async () => {
  const storage = createMemoryStorage();
  return { storage, reopen: async () => storage.fork() };
});
