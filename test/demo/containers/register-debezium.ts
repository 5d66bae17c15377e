// One-shot of docker-compose.yml: gives Kafka Connect the connector of a file, and ends when it streams the table.
import { readFileSync } from 'node:fs';
import type { ConnectorSettings } from '../../stack/connect.ts';
import { connectorWrote, putConnector } from '../../stack/connect-api.ts';
import { readSurroundings } from './surroundings.ts';

const [file = 'config/debezium/orders.json', topic = 'shop.public.orders'] = process.argv.slice(2);
const { connectUrl } = readSurroundings(process.env);
const connector = JSON.parse(readFileSync(file, 'utf8')) as ConnectorSettings;
await putConnector(connectUrl, connector);
await connectorWrote(connectUrl, connector.name, topic);
console.log(`debezium: ${connector.name} streams the table to ${topic}`);
