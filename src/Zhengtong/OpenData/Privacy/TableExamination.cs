using Zhengtong.OpenData.Model;

namespace Zhengtong.OpenData.Privacy;

/// <summary>Reads every cell of a table once and says what in it belongs to persons. Constant memory.</summary>
internal sealed class TableExamination
{
    /// <summary>As many as chance gives: of identity cards one in 38,000 strings of 18 digits, of mobiles one in 14 strings of 11.</summary>
    private const double IdentityByChance = 0.0001, HighShare = 0.5;

    private readonly ColumnExamination[] all;
    private readonly (int Place, ColumnExamination Column)[] read;

    /// <param name="table">What is published.</param>
    /// <param name="smallest">A count of people below it, above 0, is small.</param>
    /// <param name="today">Nobody is born later.</param>
    internal TableExamination(DataTable table, int smallest, DateOnly today)
    {
        var recogniser = new Recogniser(today);
        all = [.. table.Columns.Select(c => new ColumnExamination(c, recogniser, smallest))];
        read = [.. all.Where(c => c.IsRead).Select((c, place) => (place, c))];
        HasPlaces = table.Places is not null;
    }

    /// <summary>Published names of the columns to be read, in the order in which <see cref="Read"/> takes their cells; the rest can hold nothing that is looked for.</summary>
    internal IReadOnlyList<string> Columns => [.. read.Select(r => r.Column.Column.Name)];

    private bool HasPlaces { get; }

    /// <summary>Looks into a row of those columns.</summary>
    internal void Read(ReadOnlySpan<object?> row)
    {
        foreach (var (place, column) in read) { column.Read(row[place]); }
    }

    /// <summary>What was found, the weightiest first.</summary>
    internal IReadOnlyList<Finding> Findings()
    {
        var findings = new List<Finding>();
        foreach (var column in all)
        {
            foreach (var kind in Enum.GetValues<Personal>())
            {
                if (Judge(column, kind) is { } finding) { findings.Add(finding); }
            }

            if (column.SmallCells > 0) { findings.Add(new(FindingKind.SmallCells, FindingSeverity.Warns, column.Column.Name, column.SmallCells, column.ShareOf(column.SmallCells), null, null)); }
        }

        // What a person is known by makes names, conditions and places beside it weigh more.
        var isPersonal = findings.Any(f => f.Severity == FindingSeverity.Blocks && f.Kind is "identity-card" or "identity-card-inside" or "identity-card-old" or "mobile" or "bank-card" or "passport" or "home-address");
        foreach (var column in all) { if (JudgeNames(column, isPersonal) is { } names) { findings.Add(names); } }
        var isOfPersons = isPersonal || findings.Any(f => f is { Kind: FindingKind.PersonName, Severity: FindingSeverity.Blocks or FindingSeverity.Warns });
        for (var n = 0; n < findings.Count; n++)
        {
            if (findings[n].Kind == "medical" && isOfPersons) { findings[n] = findings[n] with { Severity = FindingSeverity.Blocks, Detail = "beside-persons" }; }
        }

        var isHomes = findings.Any(f => f is { Kind: "home-address", Severity: FindingSeverity.Blocks }) || all.Any(c => PersonalWords.Has(c.Header, PersonalWords.PersonHeaders) && !IsMeasure(c));
        if (isHomes && PlaceColumn() is { } place) { findings.Add(new(FindingKind.HomeCoordinates, FindingSeverity.Blocks, place.Column.Name, place.Cells, place.Cells == 0 ? 0 : 1, null, null)); }
        return [.. findings.OrderBy(f => f.Severity).ThenByDescending(f => f.Cells)];
    }

    private static Finding? Judge(ColumnExamination column, Personal kind)
    {
        var (found, tried) = (column.Found(kind), column.Tried(kind));
        if (found == 0) { return null; }
        var ofTried = (double)found / Math.Max(found, tried);
        var (severity, detail) = kind switch
        {
            Personal.IdentityCard when tried >= 10_000 && ofTried < IdentityByChance && !PersonalWords.Has(column.Header, PersonalWords.IdHeaders) => (FindingSeverity.Warns, "chance"),
            Personal.IdentityCardInside when ofTried < 0.01 && tried >= 100 => (FindingSeverity.Warns, "chance"),
            Personal.IdentityCardOld when PersonalWords.Has(column.Header, PersonalWords.IdHeaders) => (FindingSeverity.Blocks, "by-header"),
            Personal.IdentityCardOld when ofTried >= HighShare && found >= 3 => (FindingSeverity.Warns, "high-share"),
            Personal.IdentityCardOld => ((FindingSeverity?)null, null),
            Personal.Mobile when tried >= 20 && ofTried < HighShare && !PersonalWords.Has(column.Header, PersonalWords.MobileHeaders) => (FindingSeverity.Warns, "chance"),
            Personal.BankCard when PersonalWords.Has(column.Header, PersonalWords.BankHeaders) => (FindingSeverity.Blocks, "by-header"),
            Personal.BankCard when ofTried >= HighShare && found >= 3 => (FindingSeverity.Blocks, "high-share"),
            Personal.BankCard => (null, null),
            Personal.Passport when PersonalWords.Has(column.Header, PersonalWords.PassportHeaders) => (FindingSeverity.Blocks, "by-header"),
            Personal.Passport => (FindingSeverity.Warns, null),
            Personal.HomeAddress => JudgeAddress(column),
            Personal.Medical => (FindingSeverity.Warns, null),
            Personal.CreditCode => (FindingSeverity.Informs, null),
            _ => (FindingSeverity.Blocks, null),
        };
        return severity is { } weight ? new Finding(FindingKind.Of(kind), weight, column.Column.Name, found, column.ShareOf(found), column.Sample(kind), detail) : null;
    }

    private static (FindingSeverity? Severity, string? Detail) JudgeAddress(ColumnExamination column) =>
        PersonalWords.Has(column.Header, PersonalWords.HomeHeaders) ? (FindingSeverity.Blocks, "by-header")
        : PersonalWords.Has(column.Header, PersonalWords.OfficeHeaders) ? (FindingSeverity.Warns, "office")
        : (FindingSeverity.Blocks, null);

    private static Finding? JudgeNames(ColumnExamination column, bool isPersonal)
    {
        if (column.Cells == 0 || column.Names == 0) { return null; }
        var share = column.ShareOf(column.Names);
        var byHeader = PersonalWords.Has(column.Header, PersonalWords.NameHeaders) && !PersonalWords.Has(column.Header, PersonalWords.NotNameHeaders);
        if (share < (byHeader ? 0.3 : 0.8)) { return null; }
        if (!byHeader && !isPersonal) { return null; }
        return new Finding(FindingKind.PersonName, isPersonal ? FindingSeverity.Blocks : FindingSeverity.Warns, column.Column.Name, column.Names, share, column.NameSample,
            isPersonal ? "beside-identifier" : "by-header");
    }

    private ColumnExamination? PlaceColumn() =>
        all.FirstOrDefault(c => c.Column.Type == ColumnType.Geometry)
        ?? all.FirstOrDefault(c => c.Column.Type is ColumnType.Float or ColumnType.Decimal && (HasPlaces || PersonalWords.Has(c.Header, PersonalWords.LongitudeHeaders)) && IsLongitude(c));

    /// <summary>How many families wait says nothing of where one lives: numbers with a unit, or counted by their header.</summary>
    private static bool IsMeasure(ColumnExamination column) =>
        column.Column.Type is ColumnType.Integer or ColumnType.Float or ColumnType.Decimal && (!string.IsNullOrEmpty(column.Column.Unit) || PersonalWords.Has(column.Header, PersonalWords.CountHeaders));

    private static bool IsLongitude(ColumnExamination column) =>
        PersonalWords.Has(column.Header, PersonalWords.LongitudeHeaders) || column.Header.Trim() is "x";
}
