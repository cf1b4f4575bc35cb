using Microsoft.Extensions.Options;

namespace Zhengtong.OpenData.Import;

/// <summary>What one import may cost, section <c>OpenData:Import</c> of the configuration.</summary>
internal sealed class ImportOptions
{
    /// <summary>Most bytes of an uploaded file. Default 10 GB.</summary>
    public long MaxBytes { get; set; } = 10_000_000_000;

    /// <summary>Most columns, 1 to 2,000. Default 2,000.</summary>
    public int Columns { get; set; } = TableWriter.MostColumns;

    /// <summary>Most characters of a cell; a row with a longer one is a bad row. Default 1,000,000.</summary>
    public int CellCharacters { get; set; } = 1_000_000;

    /// <summary>Most characters of a row, or bytes of a JSON element; a longer one is a bad row. Default 16,000,000.</summary>
    public int RowCharacters { get; set; } = 16_000_000;

    /// <summary>How deep JSON may be nested. Default 64.</summary>
    public int JsonDepth { get; set; } = 64;

    /// <summary>Most bytes of a packed file (XLSX) when it is unpacked. Default 20 GB.</summary>
    public long UnpackedBytes { get; set; } = 20_000_000_000;

    /// <summary>How many times larger than packed a part of a packed file may become, once it is above 64 MB. Default 200.</summary>
    public int UnpackedRatio { get; set; } = 200;

    /// <summary>The share of rows, 0 to 1, above which bad ones make the import fail. Default 0.5.</summary>
    public double BadShare { get; set; } = 0.5;

    /// <summary>How many bad rows are written down one by one; more are counted only. Default 1,000,000.</summary>
    public long ListedBadRows { get; set; } = 1_000_000;

    /// <summary>How often an import that took its process down is begun anew. Default 5.</summary>
    public int Attempts { get; set; } = 5;
}

/// <summary>Refuses limits that cannot work at start, naming each.</summary>
internal sealed class ImportOptionsCheck : IValidateOptions<ImportOptions>
{
    public ValidateOptionsResult Validate(string? name, ImportOptions options)
    {
        var faults = new (string Key, bool Holds, string Rule)[]
        {
            ("MaxBytes", options.MaxBytes > 0, "is at least 1"),
            ("Columns", options.Columns is > 0 and <= TableWriter.MostColumns, $"is 1 to {TableWriter.MostColumns}"),
            ("CellCharacters", options.CellCharacters is >= 1000 and <= 100_000_000, "is 1,000 to 100,000,000"),
            ("RowCharacters", options.RowCharacters >= options.CellCharacters && options.RowCharacters <= 500_000_000, "is CellCharacters to 500,000,000"),
            ("JsonDepth", options.JsonDepth is > 0 and <= 1000, "is 1 to 1,000"),
            ("UnpackedBytes", options.UnpackedBytes > 0, "is at least 1"),
            ("UnpackedRatio", options.UnpackedRatio > 1, "is at least 2"),
            ("BadShare", options.BadShare is >= 0 and <= 1, "is 0 to 1"),
            ("ListedBadRows", options.ListedBadRows > 0, "is at least 1"),
            ("Attempts", options.Attempts > 0, "is at least 1"),
        }.Where(f => !f.Holds).Select(f => $"OpenData:Import:{f.Key} {f.Rule}").ToList();
        return faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
    }
}
