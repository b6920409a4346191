"""What every stage stands on: schema, catalogue, store, artefacts, config, errors, metrics."""
