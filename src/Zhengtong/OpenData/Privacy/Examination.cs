using Microsoft.Extensions.Options;
using Zhengtong.Kernel.Objects;
using Zhengtong.OpenData.Model;
using Zhengtong.OpenData.Tables;

namespace Zhengtong.OpenData.Privacy;

/// <summary>Something found and the bytes it was found in; none for names and descriptions.</summary>
internal readonly record struct FindingIn(Digest? Content, Finding Finding);

/// <summary>Looks for what belongs to persons in everything a version would make public: every cell of every table, headers, names of files, descriptions, and the text of other files.</summary>
internal sealed class Examination(TableEngine engine, FileTexts texts, IOptions<PrivacyOptions> options, TimeProvider clock)
{
    private const int ProgressEvery = 20_000;
    private const int MostTraits = 8;
    private static readonly TimeSpan China = TimeSpan.FromHours(8);

    /// <summary>Files whose every word is in their table.</summary>
    private static readonly HashSet<string> WholeTables = ["CSV", "TSV", "PARQUET", "JSONL"];

    private DateOnly Today => DateOnly.FromDateTime(clock.GetUtcNow().ToOffset(China).DateTime);

    /// <summary>Descriptions, names of resources, names of files and headers.</summary>
    internal IReadOnlyList<(Guid? Resource, Finding Finding)> ReadNames(DatasetVersion version)
    {
        var recogniser = new Recogniser(Today);
        var findings = new List<(Guid?, Finding)>();
        var about = version.Description;
        Look(null, "title", about.Title);
        Look(null, "notes", about.Notes);
        Look(null, "open-condition", about.OpenCondition);
        Look(null, "change-note", version.ChangeNote);
        Look(null, "keywords", string.Join('\n', about.Keywords));
        Look(null, "contact-name", about.ContactName);
        Look(null, "contact-mail", about.ContactMail);
        Look(null, "contact-phone", about.ContactPhone);
        Look(null, "extras", string.Join('\n', about.Extras.Select(e => $"{e.Key} {e.Value}")));
        foreach (var resource in version.Resources)
        {
            Look(resource.Id, "resource-name", resource.Name);
            Look(resource.Id, "resource-description", resource.Description);
            Look(resource.Id, "file-name", resource.FileName);
            foreach (var column in resource.Table?.Columns ?? [])
            {
                Look(resource.Id, $"header-{column.Position}", $"{column.Name}\n{column.Title}\n{column.Description}");
            }
        }

        return findings;

        void Look(Guid? resource, string where, string? text)
        {
            if (text is null or "") { return; }
            var sighting = recogniser.Read(text);
            foreach (var kind in Enum.GetValues<Personal>())
            {
                if (sighting.Has(kind) && WeighText(kind) is { } severity) { findings.Add((resource, new Finding(FindingKind.Of(kind), severity, null, 0, 0, recogniser.SampleOf(kind, text), where))); }
            }
        }
    }

    /// <summary>A resource's table, and its file where that may say more than the table.</summary>
    /// <param name="resource">What is looked through.</param>
    /// <param name="progress">Is told the number of rows read, now and then.</param>
    /// <param name="ct">Stops it.</param>
    internal async Task<IReadOnlyList<FindingIn>> ReadResourceAsync(DatasetResource resource, Func<long, Task> progress, CancellationToken ct)
    {
        var findings = new List<FindingIn>();
        var hidden = new HashSet<string>(StringComparer.Ordinal);
        if (resource.Table is { } table)
        {
            foreach (var finding in await ReadTableAsync(table, progress, ct)) { findings.Add(new(table.Content, HideHeader(finding))); }
            hidden.UnionWith(findings.Select(f => f.Finding.Kind));
        }

        if (resource.Table is null || !WholeTables.Contains(resource.Format))
        {
            // What the table shows already needs no second word about its file.
            foreach (var finding in await ReadFileAsync(resource.Content, resource.Format, ct))
            {
                if (!hidden.Contains(finding.Kind)) { findings.Add(new(resource.Content, finding)); }
            }
        }

        if (resource.BadRows is { } bad && resource.Table is not null)
        {
            foreach (var finding in await ReadFileAsync(bad, "JSONL", ct))
            {
                if (!hidden.Contains(finding.Kind)) { findings.Add(new(resource.Content, finding with { Detail = "bad-rows" })); }
            }
        }

        return findings;
    }

    /// <summary>How the rows fall into groups of equal values in these columns.</summary>
    internal async Task<Grouping> GroupAsync(DataTable table, IReadOnlyList<string> columns, int k, CancellationToken ct)
    {
        var counter = new GroupCounter(k);
        // No more groups than rows, and no more than all combinations of values.
        var most = Math.Min(table.Rows, columns.Aggregate(1.0, (product, name) => product * (table.Find(name)!.Profile.Distinct + 1)));
        var passes = GroupCounter.PassesFor(most);
        var question = new TableQuery { Columns = columns, Limit = int.MaxValue };
        for (var pass = 0; pass < passes; pass++)
        {
            counter.Begin(pass, passes);
            await foreach (var row in engine.StreamAsync(table, question, TableLimits.Download, ct)) { counter.Add(row.AsSpan(0, columns.Count)); }
            counter.End();
        }

        return counter.Result;
    }

    /// <summary>Columns that describe persons: at least two, one of them sex, age, birth or the like; none when the table is about something else.</summary>
    internal static IReadOnlyList<string> TraitsOf(DataTable table)
    {
        var headers = table.Columns.Where(c => c.Type is not (ColumnType.Geometry or ColumnType.Json)).Select(c => (c.Name, c.Profile, Header: Kernel.Search.Bigrams.Fold($"{c.Name} {c.Title}")))
            .Where(c => c.Profile.Distinct > 1 && !PersonalWords.Has(c.Header, PersonalWords.NotNameHeaders) && !PersonalWords.Has(c.Header, PersonalWords.CountHeaders)).ToList();
        var strong = headers.Where(c => PersonalWords.Has(c.Header, PersonalWords.StrongTraits)).ToList();
        if (strong.Count == 0) { return []; }
        var traits = strong.Concat(headers.Except(strong).Where(c => PersonalWords.Has(c.Header, PersonalWords.WeakTraits))).Take(MostTraits).Select(c => c.Name).ToList();
        return traits.Count < 2 ? [] : traits;
    }

    private async Task<IReadOnlyList<Finding>> ReadTableAsync(DataTable table, Func<long, Task> progress, CancellationToken ct)
    {
        var examination = new TableExamination(table, options.Value.K, Today);
        long rows = 0;
        if (examination.Columns is { Count: > 0 } columns)
        {
            await foreach (var row in engine.StreamAsync(table, new TableQuery { Columns = columns, Limit = int.MaxValue }, TableLimits.Download, ct))
            {
                examination.Read(row);
                if (++rows % ProgressEvery == 0) { await progress(rows); }
            }
        }

        var findings = examination.Findings();
        if (TraitsOf(table) is not { Count: > 0 } traits) { return findings; }
        var grouping = await GroupAsync(table, traits, options.Value.K, ct);
        if (grouping.RowsBelow == 0) { return findings; }
        var names = string.Join(", ", traits);
        var detail = $"k={options.Value.K} groups={grouping.GroupsBelow} smallest={grouping.Smallest} columns={(names.Length > 400 ? names[..400] : names)}";
        return [.. findings, new Finding(FindingKind.SmallGroups, FindingSeverity.Warns, null, grouping.RowsBelow, (double)grouping.RowsBelow / grouping.Rows, null, detail)];
    }

    private async Task<IReadOnlyList<Finding>> ReadFileAsync(Digest content, string format, CancellationToken ct)
    {
        var recogniser = new Recogniser(Today);
        var found = new Dictionary<Personal, (long Lines, string Sample)>();
        long lines = 0;
        var isPartly = false;
        await foreach (var text in texts.ReadAsync(content, options.Value.MostFileBytes, ct))
        {
            if (text is null) { isPartly = true; continue; }
            foreach (var range in text.AsSpan().Split('\n'))
            {
                var line = text.AsSpan(range);
                if (line.IsWhiteSpace()) { continue; }
                lines++;
                var sighting = recogniser.Read(line);
                if (sighting.Found == 0) { continue; }
                foreach (var kind in Enum.GetValues<Personal>())
                {
                    if (!sighting.Has(kind)) { continue; }
                    found[kind] = found.TryGetValue(kind, out var before) ? (before.Lines + 1, before.Sample) : (1, recogniser.SampleOf(kind, line));
                }
            }
        }

        var findings = found.Where(f => WeighText(f.Key) is not null)
            .Select(f => new Finding(FindingKind.Of(f.Key), WeighText(f.Key)!.Value, null, f.Value.Lines, (double)f.Value.Lines / lines, f.Value.Sample, "file-text")).OrderBy(f => f.Severity).ToList();
        if (isPartly) { findings.Add(new Finding(FindingKind.UnreadFile, FindingSeverity.Warns, null, 0, 0, null, format)); }
        return findings;
    }

    /// <summary>What a kind weighs in running text, where neither header nor share speak for it; null for none.</summary>
    private static FindingSeverity? WeighText(Personal kind) => kind switch
    {
        Personal.IdentityCard or Personal.Mobile or Personal.NumberPlate or Personal.PrivateMail => FindingSeverity.Blocks,
        Personal.BankCard or Personal.HomeAddress or Personal.Passport or Personal.IdentityCardInside => FindingSeverity.Warns,
        _ => null,
    };

    /// <summary>A header may be what was found; then it is told by its place.</summary>
    private Finding HideHeader(Finding finding) =>
        finding.Column is { } name && new Recogniser(Today).Read(name) is { Found: not 0 } sighting && Enum.GetValues<Personal>().Any(k => sighting.Has(k) && WeighText(k) is not null)
            ? finding with { Column = null, Detail = $"{finding.Detail} header-hidden".Trim() }
            : finding;
}
