using System.Globalization;
using Zhengtong.Kernel.Search;
using Zhengtong.OpenData.Model;

namespace Zhengtong.OpenData.Privacy;

/// <summary>Counts what the cells of one column hold.</summary>
internal sealed class ColumnExamination
{
    /// <summary>Numbers below it are too short to be a mobile, a card or an identity card.</summary>
    private const long LeastNumber = 10_000_000_000;

    /// <summary>Columns of few different values are looked up instead of being read again.</summary>
    private const int MostRemembered = 10_000;

    private readonly Recogniser recogniser;
    private readonly long[] found = new long[Enum.GetValues<Personal>().Length];
    private readonly long[] tried = new long[Enum.GetValues<Personal>().Length];
    private readonly string?[] samples = new string?[Enum.GetValues<Personal>().Length];
    private readonly Dictionary<string, (Sighting Sighting, bool IsName)>? remembered;
    private readonly bool countsPeople;
    private readonly int smallest;

    /// <param name="column">What is published.</param>
    /// <param name="recogniser">Of this table's reader.</param>
    /// <param name="smallest">Counts of people below it, above 0, are small.</param>
    internal ColumnExamination(TableColumn column, Recogniser recogniser, int smallest)
    {
        (Column, this.recogniser, this.smallest) = (column, recogniser, smallest);
        Header = Bigrams.Fold($"{column.Name} {column.Title}");
        countsPeople = column.Type == ColumnType.Integer && PersonalWords.Has(Header, PersonalWords.CountHeaders);
        if (column.Type is ColumnType.Text && column.Profile.Distinct <= MostRemembered) { remembered = []; }
    }

    internal TableColumn Column { get; }

    /// <summary>Name and title, half width and lower case.</summary>
    internal string Header { get; }

    /// <summary>Cells with a value.</summary>
    internal long Cells { get; private set; }

    /// <summary>Cells that look like a person's name.</summary>
    internal long Names { get; private set; }

    /// <summary>One of those, masked.</summary>
    internal string? NameSample { get; private set; }

    /// <summary>Cells with a count of people that is small.</summary>
    internal long SmallCells { get; private set; }

    /// <summary>False for a column that can hold nothing that is looked for: dates, truth values, numbers that are all too small.</summary>
    internal bool IsRead => Column.Type switch
    {
        ColumnType.Text or ColumnType.Json or ColumnType.Geometry => true,
        ColumnType.Integer => countsPeople || Greatest >= LeastNumber,
        ColumnType.Decimal or ColumnType.Float => Greatest >= LeastNumber,
        _ => false,
    };

    private double Greatest => double.TryParse(Column.Profile.Greatest, NumberStyles.Float, CultureInfo.InvariantCulture, out var greatest) && !double.IsNaN(greatest) ? greatest : double.PositiveInfinity;

    internal long Found(Personal kind) => found[(int)kind];

    internal long Tried(Personal kind) => tried[(int)kind];

    internal string? Sample(Personal kind) => samples[(int)kind];

    internal double ShareOf(long cells) => Cells == 0 ? 0 : (double)cells / Cells;

    /// <summary>Looks into one cell.</summary>
    internal void Read(object? cell)
    {
        switch (cell)
        {
            case null: return;
            case string { Length: 0 }: return;
            case string text: Cells++; ReadText(text); return;
            case long number: Cells++; ReadInteger(number); return;
            case decimal number: Cells++; ReadDecimal(number); return;
            case double number: Cells++; ReadFloat(number); return;
            default: Cells++; return;
        }
    }

    /// <summary>A name of two to four Han characters that begins with a family name and is no place and no office.</summary>
    internal static bool IsName(ReadOnlySpan<char> text)
    {
        text = text.Trim();
        if (text.Length is < 2 or > 4 || !PersonalWords.Surnames.Contains(text[0]) || PersonalWords.NotNameEnds.Contains(text[^1])) { return false; }
        return !text.ContainsAnyExceptInRange('\u4E00', '\u9FFF');
    }

    private void ReadText(string text)
    {
        if (remembered is not null && remembered.TryGetValue(text, out var known))
        {
            Count(known.Sighting);
            Names += known.IsName ? 1 : 0;
            return;
        }

        var sighting = recogniser.Read(text);
        var isName = text.Length <= 8 && IsName(text);
        if (isName)
        {
            Names++;
            NameSample ??= Masked.Name(text.AsSpan().Trim());
        }

        if (sighting.Found != 0) { Keep(sighting, text); }
        Count(sighting);
        if (remembered?.Count < MostRemembered) { remembered.Add(text, (sighting, isName)); }
    }

    private void ReadInteger(long number)
    {
        if (countsPeople && number > 0 && number < smallest) { SmallCells++; }
        if (number < LeastNumber) { return; }
        Span<char> digits = stackalloc char[20];
        number.TryFormat(digits, out var written, default, CultureInfo.InvariantCulture);
        ReadDigits(digits[..written]);
    }

    private void ReadDecimal(decimal number)
    {
        if (number < LeastNumber || decimal.Truncate(number) != number) { return; }
        Span<char> digits = stackalloc char[40];
        decimal.Truncate(number).TryFormat(digits, out var written, "0", CultureInfo.InvariantCulture);
        ReadDigits(digits[..written]);
    }

    private void ReadFloat(double number)
    {
        if (number is < LeastNumber or > 9e18 || Math.Floor(number) != number) { return; }
        ReadInteger((long)number);
    }

    private void ReadDigits(ReadOnlySpan<char> digits)
    {
        var sighting = recogniser.Read(digits);
        if (sighting.Found != 0) { Keep(sighting, digits); }
        Count(sighting);
    }

    private void Keep(Sighting sighting, ReadOnlySpan<char> text)
    {
        for (var n = 0; n < samples.Length; n++)
        {
            if (samples[n] is null && sighting.Has((Personal)n)) { samples[n] = recogniser.SampleOf((Personal)n, text); }
        }
    }

    private void Count(Sighting sighting)
    {
        if (sighting.Tried == 0) { return; }
        for (var n = 0; n < found.Length; n++)
        {
            found[n] += sighting.Found >> n & 1;
            tried[n] += sighting.Tried >> n & 1;
        }
    }
}
