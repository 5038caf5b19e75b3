# The common ID as an image, for `npm start -- id` and for the admin commands. It was not built where the project is tested: there is no engine there.
# Run it with a read-only file system; it writes to /data alone. docs/production.md says how.
FROM node:24-bookworm-slim AS packages
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev

FROM node:24-bookworm-slim
ENV NODE_ENV=production HOST=0.0.0.0 PORT=3000 DATA_DIRECTORY=/data
WORKDIR /app
RUN install -d -o node -g node -m 0700 /data
COPY --from=packages /app/node_modules ./node_modules
COPY package.json ./
COPY scripts/admin.ts ./scripts/
COPY scripts/admin ./scripts/admin
COPY views ./views
COPY config ./config
COPY src ./src
USER node
VOLUME /data
EXPOSE 3000
HEALTHCHECK --interval=5s --timeout=3s --start-period=30s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + process.env.PORT + '/health/ready').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
# Longer than DRAIN_DELAY_SECONDS and ten seconds: docker stop --time 30.
STOPSIGNAL SIGTERM
CMD ["node", "--max-semi-space-size=8", "src/main.js", "id"]
