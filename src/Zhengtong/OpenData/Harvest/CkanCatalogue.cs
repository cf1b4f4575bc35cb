using System.Globalization;
using System.Text.Json;

namespace Zhengtong.OpenData.Harvest;

/// <summary>Reads a CKAN portal: <c>package_search</c> by the datasets' ids, so that what is added meanwhile moves as little as can be.</summary>
internal sealed class CkanCatalogue(PortalConnections connections)
{
    private static readonly JsonDocumentOptions Bounds = new() { MaxDepth = 64 };

    /// <summary>The page behind so many datasets.</summary>
    /// <exception cref="HarvestFault">It cannot be had, or is none.</exception>
    internal async Task<ForeignPage> ReadAsync(string portal, int start, int rows, CancellationToken ct)
    {
        var root = RootOf(portal);
        var question = new Uri(string.Create(CultureInfo.InvariantCulture, $"{root}/api/3/action/package_search?rows={rows}&start={start}&sort=id%20asc"));
        var answer = await connections.GetAsync(question, "application/json", ct);
        try
        {
            using var document = JsonDocument.Parse(answer.Body, Bounds);
            if (document.RootElement is not { ValueKind: JsonValueKind.Object } envelope || !envelope.TryGetProperty("success", out var success) || success.ValueKind != JsonValueKind.True
                || !envelope.TryGetProperty("result", out var result) || result.ValueKind != JsonValueKind.Object
                || !result.TryGetProperty("results", out var results) || results.ValueKind != JsonValueKind.Array) { throw new HarvestFault("unreadable", "package_search"); }
            var count = result.TryGetProperty("count", out var said) && said.ValueKind == JsonValueKind.Number && said.TryGetInt64(out var n) ? n : throw new HarvestFault("unreadable", "count");
            // More than was asked for is not taken: the next page begins behind what was.
            var datasets = results.EnumerateArray().Take(rows).Select(p => DatasetOf(p, root)).ToList();
            // Some portals answer with fewer rows than they were asked for.
            var behind = (long)start + datasets.Count;
            // A page without the datasets that are said to follow is no end: what was not seen would be withdrawn.
            if (datasets.Count == 0 && behind < count) { throw new HarvestFault("unreadable", $"{behind} / {count}", mayPass: true); }
            return new ForeignPage(datasets, behind >= count ? null : behind.ToString(CultureInfo.InvariantCulture));
        }
        catch (JsonException e) { throw new HarvestFault("unreadable", $"JSON {e.LineNumber}:{e.BytePositionInLine}"); }
    }

    /// <summary>The portal's own address, whatever part of its interface was given.</summary>
    internal static string RootOf(string portal)
    {
        var root = portal.TrimEnd('/');
        foreach (var ending in new[] { "/action", "/3", "/api" })
        {
            if (root.EndsWith(ending, StringComparison.OrdinalIgnoreCase)) { root = root[..^ending.Length]; }
        }

        return root;
    }

    private static ForeignDataset DatasetOf(JsonElement package, string root)
    {
        if (package.ValueKind != JsonValueKind.Object) { return new ForeignDataset { HasWrongTypes = true }; }
        var reading = new Reading();
        var name = reading.Text(package, "name");
        var organisation = reading.Thing(package, "organization");
        return new ForeignDataset
        {
            Identifier = reading.Text(package, "id") ?? name,
            Title = reading.Text(package, "title") is { Length: > 0 } title ? title : name,
            Notes = reading.Text(package, "notes"),
            Organisation = organisation is { } o ? reading.Text(o, "title") is { Length: > 0 } called ? called : reading.Text(o, "name") : reading.Text(package, "author"),
            Licences = [.. new[] { reading.Text(package, "license_id"), reading.Text(package, "license_title"), reading.Text(package, "license_url") }.OfType<string>().Where(l => l.Length > 0)],
            Themes = [.. reading.Things(package, "groups").SelectMany(g => new[] { reading.Text(g, "name"), reading.Text(g, "title") }).OfType<string>()],
            Keywords = [.. reading.Things(package, "tags").Select(t => reading.Text(t, "display_name") ?? reading.Text(t, "name")).OfType<string>()],
            Page = name is { Length: > 0 and <= 200 } ? $"{root}/dataset/{Uri.EscapeDataString(Descriptions.PublicText.Clean(name))}" : reading.Text(package, "url"),
            Modified = reading.Text(package, "metadata_modified"),
            Distributions = [.. reading.Things(package, "resources").Select(r => new ForeignDistribution(
                reading.Text(r, "name"), reading.Text(r, "url"), reading.Text(r, "format") is { Length: > 0 } format ? format : reading.Text(r, "mimetype"), reading.Number(r, "size"), reading.Text(r, "description")))],
            HasWrongTypes = reading.HasWrongTypes,
        };
    }

    /// <summary>Takes values that are what they should be, and remembers that others were there.</summary>
    private sealed class Reading
    {
        internal bool HasWrongTypes { get; private set; }

        internal string? Text(JsonElement thing, string name)
        {
            if (!thing.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null) { return null; }
            if (value.ValueKind != JsonValueKind.String) { return Wrong<string>(); }
            try { return value.GetString(); }
            // Half of a surrogate pair.
            catch (InvalidOperationException) { return Wrong<string>(); }
        }

        internal long? Number(JsonElement thing, string name)
        {
            if (!thing.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null) { return null; }
            if (value.ValueKind == JsonValueKind.Number) { return value.TryGetInt64(out var number) ? number : value.TryGetDouble(out var wide) && wide is >= 0 and < 1e18 ? (long)wide : null; }
            if (value.ValueKind == JsonValueKind.String) { return long.TryParse(value.ValueEquals("") ? "" : Text(thing, name), NumberStyles.None, CultureInfo.InvariantCulture, out var written) ? written : null; }
            HasWrongTypes = true;
            return null;
        }

        internal JsonElement? Thing(JsonElement thing, string name)
        {
            if (!thing.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null) { return null; }
            if (value.ValueKind == JsonValueKind.Object) { return value; }
            HasWrongTypes = true;
            return null;
        }

        internal IReadOnlyList<JsonElement> Things(JsonElement thing, string name)
        {
            if (!thing.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null) { return []; }
            if (value.ValueKind != JsonValueKind.Array)
            {
                HasWrongTypes = true;
                return [];
            }

            var things = value.EnumerateArray().Where(v => v.ValueKind == JsonValueKind.Object).ToList();
            HasWrongTypes |= things.Count != value.GetArrayLength();
            return things;
        }

        private T? Wrong<T>() where T : class
        {
            HasWrongTypes = true;
            return null;
        }
    }
}
