using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Zhengtong.OpenData.Ckan;

/// <summary>The parameters of a call. From a form or an address every value is a text, so numbers, booleans, lists and objects are read from texts too. What is wrong is gathered,
/// so that <see cref="Check"/> tells all of it at once.</summary>
internal sealed class CkanParameters(JsonObject given)
{
    private readonly JsonObject errors = [];

    /// <summary>As they were sent.</summary>
    internal JsonObject Given { get; } = given;

    /// <summary>True when it was sent and is not null.</summary>
    internal bool Has(string name) => Given[name] is not null;

    /// <summary>Notes that a parameter is wrong.</summary>
    internal void Wrong(string name, string message)
    {
        if (errors[name] is JsonArray messages) { messages.Add(message); }
        else { errors[name] = new JsonArray(message); }
    }

    /// <summary>Notes what is wrong within the items of a list, one object a place.</summary>
    internal void Wrong(string name, JsonArray nested) => errors[name] = nested;

    /// <summary>Refuses the call when something was wrong.</summary>
    /// <exception cref="CkanFault">409 Validation Error.</exception>
    internal void Check()
    {
        if (errors.Count > 0) { throw CkanFault.Invalid(errors); }
    }

    /// <summary>A text; null when it was not sent or is empty. Numbers and booleans count as what they are written as, of a list the last value.</summary>
    internal string? Text(string name) => TextOf(Given[name]) is { Length: > 0 } text ? text : null;

    /// <summary>A text that must be there; empty when it is not, with the error noted.</summary>
    /// <param name="name">The parameter.</param>
    /// <param name="called">What the error calls it, when not the same.</param>
    internal string Required(string name, string? called = null)
    {
        if (Text(name) is { } text) { return text; }
        Wrong(called ?? name, "Missing value");
        return "";
    }

    /// <summary>True or false, in any of the forms clients write.</summary>
    internal bool Flag(string name, bool otherwise)
    {
        switch (TextOf(Given[name])?.Trim().ToLowerInvariant())
        {
            case null or "": return otherwise;
            case "true" or "yes" or "on" or "y" or "t" or "1": return true;
            case "false" or "no" or "off" or "n" or "f" or "0" or "none": return false;
            default:
                Wrong(name, "Invalid boolean");
                return otherwise;
        }
    }

    /// <summary>A whole number from 0; null when it was not sent. Above <paramref name="most"/> it is that.</summary>
    internal int? Natural(string name, int most = int.MaxValue, string? negative = null)
    {
        if (TextOf(Given[name])?.Trim() is not { Length: > 0 } text) { return null; }
        if (!decimal.TryParse(text, Given[name] is JsonValue v && v.GetValueKind() == JsonValueKind.Number ? NumberStyles.Float : NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) || number != decimal.Truncate(number))
        {
            Wrong(name, "Invalid integer");
            return null;
        }

        if (number < 0)
        {
            Wrong(name, negative ?? "Must be a natural number");
            return null;
        }

        return (int)Math.Min(number, most);
    }

    /// <summary>A whole number of either sign; null when it was not sent.</summary>
    internal int? Whole(string name)
    {
        if (TextOf(Given[name])?.Trim() is not { Length: > 0 } text) { return null; }
        if (int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)) { return number; }
        Wrong(name, "Invalid integer");
        return null;
    }

    /// <summary>A list of texts: a list, a JSON list as text, or texts with commas between; null when it was not sent.</summary>
    internal IReadOnlyList<string>? List(string name)
    {
        switch (Given[name])
        {
            case null: return null;
            case JsonArray items: return Texts(name, items);
            case JsonValue when TextOf(Given[name]) is { } text:
                if (text.AsSpan().TrimStart().StartsWith("[") && CkanRequest.TryParse(text) is JsonArray written) { return Texts(name, written); }
                return text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
            default:
                Wrong(name, "Not a list");
                return null;
        }
    }

    /// <summary>A text or several, each as it is; empty when nothing was sent.</summary>
    internal IReadOnlyList<string> Several(string name)
    {
        switch (Given[name])
        {
            case null: return [];
            case JsonArray items: return Texts(name, items);
            case JsonValue when TextOf(Given[name]) is { } text:
                if (text.AsSpan().TrimStart().StartsWith("[\"") && CkanRequest.TryParse(text) is JsonArray written) { return Texts(name, written); }
                return text.Length == 0 ? [] : [text];
            default:
                Wrong(name, "Not a list");
                return [];
        }
    }

    /// <summary>The text of a value: a text itself, a number or boolean as written, the last of a list; null for anything else.</summary>
    internal static string? TextOf(JsonNode? value) => value switch
    {
        JsonValue v => v.GetValueKind() switch
        {
            JsonValueKind.String => v.GetValue<string>(),
            JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False => v.ToJsonString(),
            _ => null,
        },
        JsonArray { Count: > 0 } list => TextOf(list[^1]),
        _ => null,
    };

    private List<string> Texts(string name, JsonArray items)
    {
        var texts = new List<string>();
        foreach (var item in items)
        {
            if (item is JsonValue && TextOf(item) is { } text) { texts.Add(text); }
            else
            {
                Wrong(name, "Not a list of texts");
                break;
            }
        }

        return texts;
    }
}
