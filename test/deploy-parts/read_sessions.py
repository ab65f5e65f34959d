# Reads over ClickHouse's HTTP interface with clickhouse-connect. Arguments: port, user, password, query. Prints rows as JSON.
import json
import sys

import clickhouse_connect

port, user, password, query = sys.argv[1:5]
client = clickhouse_connect.get_client(host="127.0.0.1", port=int(port), username=user, password=password)
result = client.query(query)
for row in result.named_results():
    print(json.dumps(row, default=str))
