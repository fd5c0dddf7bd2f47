// The yardstick: an aedes as it comes, with an empty hook, in a process of its own. Prints its port.
import net from "node:net";
import { Aedes } from "aedes";

const broker = await Aedes.createBroker({ authorizePublish: (_client, _packet, done) => done(null) });
const server = net.createServer({ noDelay: true }, broker.handle);
server.listen(0, "127.0.0.1", () => console.log(JSON.stringify({ port: server.address().port })));
process.on("SIGTERM", () => process.exit(0));
