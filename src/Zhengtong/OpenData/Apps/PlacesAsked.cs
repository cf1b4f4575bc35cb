using System.Globalization;
using Microsoft.AspNetCore.WebUtilities;

namespace Zhengtong.OpenData.Apps;

/// <summary>Which places an address asks for: <c>?q=words&amp;district=990101&amp;level=AAAA&amp;open=true&amp;view=map&amp;page=2</c>. What cannot be meant is passed over; public because components take it.</summary>
public sealed record PlacesAsked
{
    /// <summary>Places on a page of the list.</summary>
    internal const int PageSize = 30;

    /// <summary>Places on the map.</summary>
    internal const int MostOnMap = 300;

    private const int Longest = 100;
    private const int MostPages = 1000;

    /// <summary>Words that must stand in the row; empty for none.</summary>
    internal string Words { get; init; } = "";

    /// <summary>Beginning of the code of the division; empty for all.</summary>
    internal string District { get; init; } = "";

    /// <summary>The level; empty for all.</summary>
    internal string Level { get; init; } = "";

    /// <summary>Only what is open now.</summary>
    internal bool OpenNow { get; init; }

    /// <summary>As a map instead of a list.</summary>
    internal bool AsMap { get; init; }

    /// <summary>From 1.</summary>
    internal int Page { get; init; } = 1;

    /// <summary>Reads the query of an address.</summary>
    internal static PlacesAsked Of(IQueryCollection query)
    {
        var district = One("district");
        return new PlacesAsked
        {
            Words = One("q"),
            District = district.Length is >= 2 and <= 12 && district.All(char.IsAsciiDigit) ? district : "",
            Level = One("level"),
            OpenNow = One("open") == "true",
            AsMap = One("view") == "map",
            Page = int.TryParse(One("page"), NumberStyles.None, CultureInfo.InvariantCulture, out var page) && page is >= 1 and <= MostPages ? page : 1,
        };

        string One(string name)
        {
            // Control characters and halves of pairs are in no cell; the engine takes none.
            var text = new string([.. (query[name].FirstOrDefault() ?? "").Trim().Take(Longest).Where(c => !char.IsControl(c) && !char.IsSurrogate(c))]);
            return text.Trim();
        }
    }

    /// <summary>The address that asks for this.</summary>
    internal string Address(string path)
    {
        var fields = new List<KeyValuePair<string, string?>>();
        Add("q", Words);
        Add("district", District);
        Add("level", Level);
        Add("open", OpenNow ? "true" : "");
        Add("view", AsMap ? "map" : "");
        Add("page", Page > 1 ? Page.ToString(CultureInfo.InvariantCulture) : "");
        return QueryHelpers.AddQueryString(path, fields);

        void Add(string name, string value)
        {
            if (value.Length > 0) { fields.Add(new(name, value)); }
        }
    }
}
