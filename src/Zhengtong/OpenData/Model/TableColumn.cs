using System.Text.Json.Serialization;

namespace Zhengtong.OpenData.Model;

/// <summary>What the values of a column are, and how Parquet and DuckDB write them.</summary>
public enum ColumnType
{
    /// <summary>Text: VARCHAR. Whatever a number would change, a leading zero or more than 15 digits, is text.</summary>
    Text,
    /// <summary>Whole number of 64 bits: BIGINT.</summary>
    Integer,
    /// <summary>Exact decimal number: DECIMAL of the column's precision and scale.</summary>
    Decimal,
    /// <summary>64-bit floating point: DOUBLE.</summary>
    Float,
    /// <summary>BOOLEAN.</summary>
    Boolean,
    /// <summary>Calendar date: DATE.</summary>
    Date,
    /// <summary>Time of day: TIME.</summary>
    Time,
    /// <summary>Moment as the publisher wrote it, without a zone, microseconds: TIMESTAMP.</summary>
    Timestamp,
    /// <summary>A JSON value as text: VARCHAR.</summary>
    Json,
    /// <summary>A GeoJSON geometry as text in the table's coordinate system: VARCHAR. At most one column of a table.</summary>
    Geometry,
}

/// <summary>One column of a published table. Its name may be anything a publisher writes; SQL and Parquet only ever see <see cref="Physical"/>.</summary>
/// <param name="Name">As published: 1 to 300 characters, no control characters, unique in the table without regard to case, never beginning with an underscore.</param>
/// <param name="Type">What its values are.</param>
internal sealed record TableColumn(string Name, ColumnType Type)
{
    /// <summary>Place in the table, from 1.</summary>
    public required int Position { get; init; }

    /// <summary>The column's name in the Parquet file: <c>c1</c>, <c>c2</c>.</summary>
    [JsonIgnore]
    public string Physical => $"c{Position}";

    /// <summary>A name for readers where <see cref="Name"/> is a code; null when there is none. At most 300 characters.</summary>
    public string? Title { get; init; }

    /// <summary>What the values mean; null when nobody said. At most 2,000 characters.</summary>
    public string? Description { get; init; }

    /// <summary>Unit of measure, such as 万元 or µg/m³; null when there is none. At most 40 characters.</summary>
    public string? Unit { get; init; }

    /// <summary>Digits of a decimal column, 1 to 38; 0 for other types.</summary>
    public int Precision { get; init; }

    /// <summary>Digits behind the point of a decimal column, 0 to <see cref="Precision"/>; 0 for other types.</summary>
    public int Scale { get; init; }

    /// <summary>Part of the key by which rows of two versions are told apart.</summary>
    public bool IsKey { get; init; }

    /// <summary>What was counted when the table was written.</summary>
    public required ColumnProfile Profile { get; init; }
}

/// <summary>What a column holds, counted over all rows when the table was written.</summary>
internal sealed record ColumnProfile
{
    /// <summary>Cells without a value.</summary>
    public required long Nulls { get; init; }

    /// <summary>Different values; approximate above 1,000.</summary>
    public required long Distinct { get; init; }

    /// <summary>Smallest value as text, at most 100 characters; null when there is none.</summary>
    public string? Least { get; init; }

    /// <summary>Largest value as text, at most 100 characters; null when there is none.</summary>
    public string? Greatest { get; init; }

    /// <summary>Mean of a number column; null otherwise.</summary>
    public double? Mean { get; init; }

    /// <summary>The most frequent values, most frequent first, at most 20; empty where nearly every value is different.</summary>
    public IReadOnlyList<FrequentValue> Frequent { get; init; } = [];

    /// <summary>True when no text of it is changed by folding (half width, lower case) but for A to Z, so that a search need not fold it; null where nobody looked.</summary>
    public bool? IsPlain { get; init; }

    /// <summary>True when folding makes no Chinese character of another one in any text of it, so that Chinese is found as it stands; null where nobody looked.</summary>
    public bool? KeepsChinese { get; init; }
}

/// <summary>A value and how often it comes.</summary>
internal sealed record FrequentValue(string Value, long Count);
