using Zhengtong.Agreements;
using Zhengtong.Catalogue.Model;

namespace Zhengtong.Exchange.Engine;

/// <summary>A table by name. The names come from people: they are looked up as parameters, and only names the database itself gave back are put into SQL, quoted.</summary>
/// <param name="Schema">Empty on SQLite; on MariaDB and MySQL the database, empty for the connection's own.</param>
/// <param name="Table">As the database writes it.</param>
internal sealed record TableName(string Schema, string Table)
{
    public override string ToString() => Schema.Length == 0 ? Table : $"{Schema}.{Table}";
}

/// <summary>A column as the live database has it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">PostgreSQL: the type's own name (int8, varchar, timestamptz); SQLite: the declared type in upper case; MySQL: the type's word, see <see cref="MySqlTable"/>.</param>
/// <param name="NotNull">True when null is refused.</param>
/// <param name="HasDefault">True when a row may leave it out.</param>
/// <param name="Length">Most characters, where the type says so.</param>
/// <param name="Scale">Digits after the point (of a number or of seconds), where the type says so.</param>
internal sealed record TableColumn(string Name, string Type, bool NotNull, bool HasDefault, int? Length, int? Scale);

/// <summary>A table as the live database has it.</summary>
/// <param name="Name">Its name as the database gave it back.</param>
/// <param name="Columns">Its columns in order.</param>
/// <param name="UniqueKeys">Column sets that a primary key or a whole unique index covers.</param>
internal record TableShape(TableName Name, IReadOnlyList<TableColumn> Columns, IReadOnlyList<IReadOnlySet<string>> UniqueKeys)
{
    internal TableColumn? Find(string column) => Columns.FirstOrDefault(c => c.Name == column);
}

/// <summary>One thing that is wrong, as data: a text key and its arguments, so that each reader gets it in their own language.</summary>
/// <param name="Field">Which field of the request it belongs to.</param>
/// <param name="Key">Text key.</param>
/// <param name="Arguments">What fills the text's places; names of columns and types, never values of rows.</param>
internal sealed record Fault(string Field, string Key, params IReadOnlyList<string> Arguments)
{
    /// <summary>The fault in the reader's language.</summary>
    internal string Sentence => Kernel.Text.Of(Key, [.. Arguments]);
}

/// <summary>Whether a live table can give or take the items: all faults at once.</summary>
internal static class TableFit
{
    /// <summary>What keeps the table from giving these items.</summary>
    internal static List<Fault> SourceFaults(this DepartmentDatabase database, TableShape table, IReadOnlyList<AgreedItem> items, string? watermark)
    {
        List<Fault> faults = [];
        foreach (var item in items)
        {
            if (table.Find(item.Column) is not { } column) { faults.Add(new Fault("table", "exchange.fault.column-missing", item.Column)); }
            else if (!database.Gives(column, item.Type)) { faults.Add(new Fault("table", "exchange.fault.type", item.Column, column.Type, item.Type.ToString())); }
            else if (item.IsKey && !column.NotNull) { faults.Add(new Fault("table", "exchange.fault.key-nullable", item.Column)); }
        }

        if (!table.HasKey(items)) { faults.Add(new Fault("table", "exchange.fault.key-not-unique", KeyOf(items))); }
        faults.AddRange(database.FurtherFaults(table, items, Side.Source));
        if (watermark is null) { return faults; }
        if (table.Find(watermark) is not { } marked) { faults.Add(new Fault("watermarkColumn", "exchange.fault.column-missing", watermark)); }
        else
        {
            if (database.WatermarkType(marked) is null) { faults.Add(new Fault("watermarkColumn", "exchange.fault.watermark-type", watermark, marked.Type)); }
            if (!marked.NotNull) { faults.Add(new Fault("watermarkColumn", "exchange.fault.watermark-nullable", watermark)); }
        }

        return faults;
    }

    /// <summary>What keeps the table from taking these items.</summary>
    internal static List<Fault> TargetFaults(this DepartmentDatabase database, TableShape table, IReadOnlyList<AgreedItem> items)
    {
        List<Fault> faults = [];
        foreach (var item in items)
        {
            if (table.Find(item.Column) is not { } column) { faults.Add(new Fault("table", "exchange.fault.column-missing", item.Column)); }
            else if (!database.Takes(column, item.Type)) { faults.Add(new Fault("table", "exchange.fault.type", item.Column, column.Type, item.Type.ToString())); }
            else if (column.Length is { } room && item.Type == ItemType.Text && item.Length is { } needed && room < needed)
            {
                faults.Add(new Fault("table", "exchange.fault.too-short", item.Column, $"{room}", $"{needed}"));
            }
        }

        foreach (var column in table.Columns.Where(c => c.NotNull && !c.HasDefault && items.All(i => i.Column != c.Name)))
        {
            faults.Add(new Fault("table", "exchange.fault.column-required", column.Name));
        }

        if (!table.HasKey(items)) { faults.Add(new Fault("table", "exchange.fault.key-not-unique", KeyOf(items))); }
        faults.AddRange(database.FurtherFaults(table, items, Side.Target));
        return faults;
    }

    private static bool HasKey(this TableShape table, IReadOnlyList<AgreedItem> items) =>
        table.UniqueKeys.Any(k => k.SetEquals(items.Where(i => i.IsKey).Select(i => i.Column)));

    private static string KeyOf(IReadOnlyList<AgreedItem> items) => string.Join(", ", items.Where(i => i.IsKey).Select(i => i.Column));
}
