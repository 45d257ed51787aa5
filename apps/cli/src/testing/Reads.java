import java.sql.DriverManager;

/** What the driver of Java reads of the bridge: metadata, then a prepared statement in parts. */
class Reads {
  public static void main(String[] args) throws Exception {
    try (var connection = DriverManager.getConnection(args[0])) {
      try (var tables = connection.getMetaData().getColumns(null, "market_example", "objects", "%")) {
        while (tables.next()) System.out.print(tables.getString("COLUMN_NAME") + " ");
      }
      connection.setReadOnly(true);
      connection.setAutoCommit(false);
      var sql = "SELECT id FROM market_example.objects WHERE object_class = ? ORDER BY id";
      try (var statement = connection.prepareStatement(sql)) {
        statement.setFetchSize(3);
        for (int again = 0; again < 7; again++) {
          statement.setString(1, "Service");
          int found = 0;
          try (var rows = statement.executeQuery()) {
            while (rows.next()) found++;
          }
          System.out.print(found + " ");
        }
      }
      connection.commit();
    }
  }
}
