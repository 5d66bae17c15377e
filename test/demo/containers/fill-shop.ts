// One-shot of docker-compose.yml: puts the first orders into the shop's empty table. Its options are the demo's.
import { readDemoCommand } from '../live/command-line.ts';
import { OrdersDb } from '../orders-db.ts';
import { makeOrders } from '../seed.ts';
import { readSurroundings } from './surroundings.ts';

const command = readDemoCommand(process.argv.slice(2));
if (command.kind === 'run') {
  const { seed, seeded } = command.options;
  const db = await OrdersDb.connect(readSurroundings(process.env).databaseUrl);
  if ((await db.countEver()) === 0) await db.insert(makeOrders(seed, seeded, new Date()));
  console.log(`shop: ${(await db.readAll()).length} orders are in the table`);
  await db.close();
} else {
  console.error(command.text);
  process.exitCode = command.kind === 'help' ? 0 : 2;
}
