using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;
using Microsoft.AspNetCore.Http.HttpResults;
using Zhengtong.Kernel;
using Zhengtong.OpenData.Descriptions;
using Zhengtong.OpenData.Model;
using Zhengtong.OpenData.Portal;

namespace Zhengtong.OpenData.Apps;

internal static class DescribeGuide
{
    private static readonly JsonWriterOptions Writing = new() { Encoder = JavaScriptEncoder.Create(UnicodeRanges.All) };

    internal static void Map(IEndpointRouteBuilder app) => app.MapGet("/apps/{guide}/guide.json", Handle).IsGuidePage();

    /// <summary>What a guide is made of, for its script and for whoever builds the like: for each kind the collections of the OGC interface, which of their columns say what,
    /// the names of divisions, and the hours that are written in them as spans of weekdays and minutes.</summary>
    internal static async Task<Results<GuideDescription, NotFound>> Handle(string guide, HttpContext http, ZhengtongDb db, GuideSources sources, BaseMap ground, CancellationToken ct)
    {
        if (Guide.Find(guide) is not { } found) { return TypedResults.NotFound(); }
        var (kinds, hours, rests, districts) = (new List<ShownKind>(), new SortedSet<string>(StringComparer.Ordinal), new SortedSet<string>(StringComparer.Ordinal), new HashSet<string>(StringComparer.Ordinal));
        foreach (var kind in found.Kinds)
        {
            var from = await sources.OfAsync(kind, ct);
            kinds.Add(new ShownKind { Kind = kind, Sources = from });
            foreach (var source in from)
            {
                var choices = await sources.ChoicesAsync(source, ct);
                hours.UnionWith(choices.Hours);
                rests.UnionWith(choices.Closed);
                districts.UnionWith(choices.Districts);
            }
        }

        var names = await GuidePage.DistrictsAsync(db, districts, ct);
        var state = string.Join('\n', kinds.SelectMany(k => k.Sources).Select(s => $"{s.Dataset} {s.Title} {s.Resource.Id} {s.Table.Content.Value}").Concat(names.Select(n => $"{n.Key} {n.Value}"))) + Text.Of($"open-data.apps.{guide}.name") + ground.System + string.Join(' ', ground.Tiles);
        var modified = kinds.SelectMany(k => k.Sources).Select(s => (DateTimeOffset?)s.ModifiedAt).Max();
        return new GuideDescription(new PublicAnswer("application/json; charset=utf-8", state, modified, async (to, stop) =>
        {
            await using var json = new Utf8JsonWriter(to, Writing);
            json.WriteStartObject();
            json.WriteString("guide", found.Id);
            json.WriteString("name", Text.Of($"open-data.apps.{found.Id}.name"));
            json.WriteStartArray("kinds");
            foreach (var kind in kinds) { Write(json, kind); }
            json.WriteEndArray();
            json.WriteStartObject("districts");
            foreach (var (code, name) in names) { json.WriteString(code, name); }
            json.WriteEndObject();
            json.WriteStartObject("hours");
            foreach (var text in hours) { Write(json, text, OpeningHours.Parse(text)); }
            json.WriteEndObject();
            json.WriteStartObject("rests");
            foreach (var text in rests) { json.WriteNumber(text, OpeningHours.DaysIn(text)); }
            json.WriteEndObject();
            json.WriteEndObject();
            await json.FlushAsync(stop);
        }));
    }

    private static void Write(Utf8JsonWriter json, ShownKind kind)
    {
        json.WriteStartObject();
        json.WriteString("id", kind.Kind.Id);
        json.WriteString("name", Text.Of($"open-data.apps.kind.{kind.Kind.Id}"));
        json.WriteStartArray("sources");
        foreach (var source in kind.Sources)
        {
            var c = source.Columns;
            json.WriteStartObject();
            json.WriteString("dataset", source.Dataset);
            json.WriteString("title", source.Title);
            json.WriteNumber("rows", source.Table.Rows);
            json.WriteString("items", $"/ogc/collections/{source.Resource.Id}/items");
            json.WriteStartObject("columns");
            foreach (var (role, column) in new (string, TableColumn?)[]
            {
                ("name", c.Name), ("address", c.Address), ("district", c.District), ("level", c.Level), ("hours", c.Hours), ("rests", c.Closed), ("emergency", c.Emergency), ("phone", c.Phone), ("from", c.From), ("until", c.Until),
                ("firstBus", c.FirstBus), ("lastBus", c.LastBus), ("interval", c.Interval), ("runTime", c.RunTime), ("key", c.Key),
            })
            {
                if (column is not null) { json.WriteString(role, column.Name); }
            }

            json.WriteEndObject();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, string text, OpeningHours? hours)
    {
        if (hours is null) { return; }
        json.WriteStartObject(text);
        json.WriteBoolean("notOnHolidays", hours.NotOnHolidays);
        json.WriteStartArray("spans");
        foreach (var span in hours.Spans)
        {
            json.WriteStartArray();
            json.WriteNumberValue(span.Days);
            json.WriteNumberValue(span.From);
            json.WriteNumberValue(span.To);
            json.WriteEndArray();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }
}

/// <summary>The description of a guide on its way.</summary>
internal sealed class GuideDescription(PublicAnswer answer) : IResult
{
    public Task ExecuteAsync(HttpContext httpContext) => answer.ExecuteAsync(httpContext);
}
