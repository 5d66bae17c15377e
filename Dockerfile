# The connector's image, and with `--target demo` the one of the demo around it (AlipayHK's stand-in and the shop).
# Works with BuildKit and without it.
#
# The base has a tag, not a digest: none was available where this was written (docs/docker.md says how to pin one).
ARG BASE=node:24-slim
FROM ${BASE} AS base
WORKDIR /app

# Node does not act on signals that it has no handler for when it is process 1, so Ctrl-C would not end `card-sync dead-letters list`.
FROM base AS init
RUN apt-get update -qq \
 && apt-get install -y -qq --no-install-recommends tini >/dev/null

# What runs needs; nothing reads source maps and type declarations at run time. The base's Node runs it.
FROM base AS dependencies
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund --loglevel=error \
 && rm -rf node_modules/@types node_modules/undici-types node_modules/.package-lock.json \
 && find node_modules -type f \( -name '*.map' -o -name '*.ts' -o -name '*.mts' -o -name '*.cts' \) -delete

FROM base AS build
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
COPY tsconfig.json tsconfig.build.json ./
COPY connector connector
RUN npm run build \
 && find dist -name '*.d.ts' -delete \
 && chmod +x dist/cli/card-sync.js

# The demo's programs: AlipayHK's stand-in, the shop, and what sets both up. Run from source, with pg beside what the connector needs.
FROM dependencies AS demo-dependencies
RUN npm install --save-prod --omit=dev --ignore-scripts --no-audit --no-fund --loglevel=error \
      "pg@$(node -p "require('./package.json').devDependencies.pg")"

FROM base AS demo
COPY --from=init /usr/bin/tini-static /usr/local/bin/tini
COPY --from=demo-dependencies /app/node_modules node_modules
COPY package.json LICENSE ./
COPY schemas schemas
COPY test test
# A volume that is mounted here the first time belongs to whom the folder belongs to.
RUN mkdir -p /secrets/connector /secrets/sandbox /secrets/database && chown -R node:node /secrets
USER node
STOPSIGNAL SIGTERM
ENTRYPOINT ["tini", "--", "node", "--disable-warning=TimeoutNegativeWarning"]
CMD ["test/sandbox/sandbox.ts", "--help"]

# The last stage is what `docker build .` makes.
FROM base AS connector
ARG BASE
ARG VERSION=0.1.0
ARG REVISION=unknown
ARG CREATED=unknown
LABEL org.opencontainers.image.title="contract-card-connector" \
      org.opencontainers.image.description="Streams order changes from Debezium through Kafka to AlipayHK's contractCardSync" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.base.name="${BASE}" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}"
COPY --from=init /usr/bin/tini-static /usr/local/bin/tini
COPY --from=dependencies /app/node_modules node_modules
COPY package.json LICENSE ./
COPY schemas schemas
COPY --from=build /app/dist dist
COPY config/connector.yaml config/
COPY config/mappings config/mappings
# By the link the command runs as its first line says, which bounds its memory (MALLOC_ARENA_MAX, --max-semi-space-size).
RUN ln -s /app/dist/cli/card-sync.js /usr/local/bin/card-sync \
 && mkdir -p /etc/card-sync \
 && echo '# Empty: mount your settings over this file (an example is /app/config/connector.yaml), or give them by the environment.' \
      >/etc/card-sync/connector.yaml
# In a container the loopback is reached by nobody else: metrics and health are for the network the container is in.
ENV CARD_SYNC_CONFIG=/etc/card-sync/connector.yaml \
    CARD_SYNC_OBSERVE_HOST=0.0.0.0
# Nothing is written to the file system: it can be read-only.
USER node
EXPOSE 9464
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 CMD ["card-sync", "health", "live"]
ENTRYPOINT ["tini", "--", "card-sync"]
CMD ["run"]
