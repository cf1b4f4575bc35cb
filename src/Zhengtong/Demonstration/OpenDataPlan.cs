using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Zhengtong.Catalogue.Model;
using Zhengtong.Kernel.Organisations;
using Zhengtong.Kernel.Regions;
using Zhengtong.OpenData.Model;

namespace Zhengtong.Demonstration;

/// <summary>What the demonstration province opens, as described in <c>opendata.json</c>: data, not code.</summary>
/// <param name="MarkKeyword">Keyword on every dataset.</param>
/// <param name="Mark">Sentence under the notes of every dataset: that it is synthetic.</param>
/// <param name="FirstNote">What the first version of a dataset says of itself.</param>
/// <param name="NextNote">What further versions say.</param>
/// <param name="DocumentName">What the file that explains the columns is called.</param>
/// <param name="Departments">Who opens data; those with a name are not in <c>province.json</c>.</param>
/// <param name="Areas">By code of a city or county, the ground it covers: west, south, east, north in WGS 84.</param>
/// <param name="Phones">By code of a city, its telephone area code.</param>
/// <param name="Words">Lists of words beside the province's, separated by spaces; an item with slashes has parts.</param>
/// <param name="Groups">Columns that many templates have, named there with an at sign.</param>
/// <param name="Templates">What is opened, each for the divisions and years it names.</param>
internal sealed record OpenDataPlan(
    string MarkKeyword, string Mark, string FirstNote, string NextNote, string DocumentName, IReadOnlyList<OpeningDepartment> Departments, IReadOnlyDictionary<string, IReadOnlyList<double>> Areas, IReadOnlyDictionary<string, string> Phones,
    IReadOnlyDictionary<string, string> Words, IReadOnlyDictionary<string, IReadOnlyList<string>> Groups, IReadOnlyList<OpeningTemplate> Templates)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { Converters = { new JsonStringEnumConverter() } };

    internal static OpenDataPlan Load()
    {
        using var file = typeof(OpenDataPlan).Assembly.GetManifestResourceStream("Zhengtong.Demonstration.opendata.json")!;
        return JsonSerializer.Deserialize<OpenDataPlan>(file, Json)!;
    }

    /// <summary>Every dataset of the province, the first ones so that each theme has one: a portal that is being filled shows something everywhere.</summary>
    internal IReadOnlyList<PlannedDataset> Datasets(Province province)
    {
        var all = (from template in Templates
                   from region in province.Regions
                   where RegionCode.Parse(region.Code).Level == template.Scope
                   from year in template.Years is { } years ? Enumerable.Range(years[0], years[1] - years[0] + 1).Select(y => (int?)y) : [null]
                   select new PlannedDataset(this, template, region, year)).ToList();
        var (first, seen) = (new List<PlannedDataset>(), new HashSet<string>(StringComparer.Ordinal));
        foreach (var dataset in all.Where(d => d.Template.Open == OpenAttribute.Unconditional))
        {
            if (seen.Add(dataset.Template.Themes[0])) { first.Add(dataset); }
        }

        // What is newest on the home page is open to everybody.
        return [.. first, .. all.Except(first).OrderBy(d => d.Template.Open == OpenAttribute.Unconditional)];
    }

    /// <summary>The columns of a template, its groups written out.</summary>
    internal IReadOnlyList<PlannedColumn> ColumnsOf(OpeningTemplate template) =>
        [.. template.Columns.SelectMany(c => c.StartsWith('@') ? Groups[c[1..]] : [c]).Select(PlannedColumn.Parse)];
}

/// <summary>A department that opens data: the slug of its provincial body, the office that answers and its telephone; with a name when the province has it for nothing else.</summary>
internal sealed record OpeningDepartment(string Slug, string? Name, string? Short, string Contact, string Phone)
{
    internal ProvinceOrganisation AsOrganisation() =>
        new(Slug, Name!, null, Short!, null, OrganisationKind.Department, [RegionLevel.Province], null) { Opens = true, OnlyOpens = true };
}

/// <summary>A kind of dataset. Title and notes in Chinese, <c>{region}</c> and <c>{year}</c> replaced; first and last of the years; rows by axes and columns by generators (see <see cref="PlannedTable"/>).
/// What is not open has neither. The versions count the last one. With a document its columns are explained in a file of their own.</summary>
internal sealed record OpeningTemplate(
    string Id, string Department, string Title, RegionLevel Scope, IReadOnlyList<int>? Years, IReadOnlyList<string> Themes, IReadOnlyList<string> Keywords, UpdateCycle Cycle,
    string? Licence, string? Condition, string Notes, IReadOnlyList<string> Rows, IReadOnlyList<string> Columns, OpenAttribute Open = OpenAttribute.Unconditional, int Versions = 1, bool Document = false);

/// <summary>A column as <c>opendata.json</c> writes it: name (a star before it for the key), title, type, generator, unit, description, between bars; the last two may be missing.</summary>
internal sealed record PlannedColumn(string Name, string Title, ColumnType Type, string Generator, string? Unit, string? Description, bool IsKey)
{
    internal static PlannedColumn Parse(string line)
    {
        var parts = line.Split('|');
        return new PlannedColumn(parts[0].TrimStart('*'), parts[1], Enum.Parse<ColumnType>(parts[2]), parts[3], Filled(4), Filled(5), parts[0].StartsWith('*'));
        string? Filled(int n) => parts.Length > n && parts[n].Length > 0 ? parts[n] : null;
    }
}

/// <summary>One dataset: a template in one division and, where it has years, one year.</summary>
internal sealed record PlannedDataset(OpenDataPlan Plan, OpeningTemplate Template, ProvinceRegion Region, int? Year)
{
    /// <summary>Last part of its address: department, template, division, year.</summary>
    internal string Name => $"{Template.Department}-{Template.Id}{(Region.Code.Length == 2 ? "" : $"-{Region.Slug}")}{(Year is { } year ? $"-{year}" : "")}";

    internal string Title => Template.Title.Replace("{region}", Region.Name, StringComparison.Ordinal).Replace("{year}", Year?.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);

    /// <summary>Which numbers its versions have, from 1.</summary>
    internal int Versions => Template.Versions;

    internal DatasetDescription Description()
    {
        var department = Plan.Departments.Single(d => d.Slug == Template.Department);
        return new DatasetDescription
        {
            Title = Title,
            Notes = $"{Template.Notes}\n\n> {Plan.Mark}",
            OpenAttribute = Template.Open,
            OpenCondition = Template.Condition,
            Licence = Template.Licence ?? Licence.All[0].Id,
            Themes = Template.Themes,
            Keywords = [.. Template.Keywords, Plan.MarkKeyword],
            UpdateCycle = Template.Cycle,
            Region = Region.Code.PadRight(12, '0'),
            From = Year is { } year ? new DateOnly(year, 1, 1) : null,
            To = Year is { } last && last < PlannedTable.LastYear ? new DateOnly(last, 12, 31) : null,
            CoordinateSystem = Plan.ColumnsOf(Template).Any(c => c.Generator == "lon") ? CoordinateSystem.Wgs84 : CoordinateSystem.None,
            ContactName = department.Contact,
            ContactPhone = department.Phone,
            Extras = [new ExtraPair("synthetic", "true"), new ExtraPair("demonstration-template", Template.Id)],
        };
    }
}
