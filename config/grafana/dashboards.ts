// Writes the dashboards that Grafana is provisioned with: npm run dashboards
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { dashboardText } from './card-sync.ts';

const file = join(import.meta.dirname, 'dashboards', 'card-sync.json');
writeFileSync(file, dashboardText());
console.log(`written: ${file}`);
