# syntax=docker/dockerfile:1
# Two stages: the tools that build stay behind. Debian and not Alpine, for the embedded engine is linked against glibc.
FROM node:24.21.0-bookworm-slim AS build
WORKDIR /app
# Scripts of packages are of no use here: what they would fetch or build comes prebuilt, and the image has Node.
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts
COPY . .
RUN npx tsc -p tsconfig.build.json && npx vite build console && npm prune --omit=dev --ignore-scripts

FROM node:24.21.0-bookworm-slim
LABEL org.opencontainers.image.title="agenttrail" \
      org.opencontainers.image.description="Audit and observability pipeline for AI agents behind Pomerium and MCP gateways" \
      org.opencontainers.image.licenses="Apache-2.0"
ENV NODE_ENV=production AGENTTRAIL_DATA_DIR=/data AGENTTRAIL_RULES_DIR=/app/rules
WORKDIR /app
COPY --from=build /app/package.json /app/LICENSE ./
COPY --from=build /app/bin bin
COPY --from=build /app/dist dist
COPY --from=build /app/console/dist console/dist
COPY --from=build /app/migrations migrations
COPY --from=build /app/rules rules
COPY --from=build /app/node_modules node_modules
# `node` is uid 1000. Data is its own, the program is not.
RUN mkdir -p /data && chown node:node /data && ln -s /app/bin/agenttrail.mjs /usr/local/bin/agenttrail
USER node
VOLUME /data
EXPOSE 9470 4318 9471 8123
STOPSIGNAL SIGTERM
# Live and not ready: a store that is away is no reason to start again.
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:9470/health/live').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "/app/bin/agenttrail.mjs"]
CMD ["serve"]
