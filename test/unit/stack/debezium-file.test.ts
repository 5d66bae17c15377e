import { describe, expect, it } from 'vitest';
import { debeziumOrdersConnector } from '../../stack/debezium.ts';

const file = 'config/debezium/orders.json';

describe(file, () => {
  it('is the recommended connector, at the addresses of docker-compose.yml, without a password in it', async () => {
    const connector = debeziumOrdersConnector({
      host: 'postgres',
      port: 5432,
      user: 'shop',
      // Kafka Connect reads it from the folder when the connector starts.
      password: `\${directory:/run/secrets/database:password}`,
      database: 'shop',
      registryNativeUrl: 'http://registry:8080/apis/registry/v2',
    });
    await expect(`${JSON.stringify(connector, null, 2)}\n`).toMatchFileSnapshot(`../../../${file}`);
  });
});
