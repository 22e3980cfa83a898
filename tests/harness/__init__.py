"""What the integration and e2e tests stand on: PostgreSQL, the processes, clients, pages."""
