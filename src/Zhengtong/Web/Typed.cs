using Microsoft.AspNetCore.Http.HttpResults;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Http;

namespace Zhengtong.Web;

/// <summary>What a person typed into a form, kept as text: whatever the server thinks of it, it comes back as it was.</summary>
internal sealed class Typed
{
    private readonly Dictionary<string, string[]> values = new(StringComparer.Ordinal);

    /// <summary>The posted form, or an empty one on a first visit.</summary>
    internal static Typed From(HttpContext http)
    {
        var typed = new Typed();
        if (http.Request.HasFormContentType)
        {
            foreach (var (name, value) in http.Request.Form) { typed.values[name] = [.. value.OfType<string>()]; }
        }

        return typed;
    }

    /// <summary>The first value of the field, without outer white space; empty when nothing was typed.</summary>
    internal string this[string name]
    {
        get => values.TryGetValue(name, out var all) && all.Length > 0 ? all[0].Trim() : "";
        set => values[name] = [value];
    }

    /// <summary>The first value of the field exactly as typed.</summary>
    internal string Raw(string name) => All(name).FirstOrDefault("");

    /// <summary>Fills the field with several values.</summary>
    internal void Put(string name, IEnumerable<string> all) => values[name] = [.. all];

    /// <summary>All values of the field: boxes ticked, rows chosen.</summary>
    internal IReadOnlyList<string> All(string name) => values.GetValueOrDefault(name) ?? [];

    /// <summary>True when the form had the field, even empty.</summary>
    internal bool Has(string name) => values.ContainsKey(name);

    /// <summary>The value, or null when empty.</summary>
    internal string? OrNull(string name) => this[name] is { Length: > 0 } value ? value : null;

    /// <summary>The member of the enumeration, or null and a fault under the field's name.</summary>
    internal T? Choice<T>(string name, Dictionary<string, string[]> faults) where T : struct, Enum
    {
        if (Enum.TryParse<T>(this[name], ignoreCase: true, out var value) && Enum.IsDefined(value)) { return value; }
        faults[name] = [Text.Of("web.form.choose")];
        return null;
    }

    /// <summary>The whole number, null when empty; a fault under the field's name when it is none.</summary>
    internal int? Whole(string name, Dictionary<string, string[]> faults)
    {
        if (this[name].Length == 0) { return null; }
        if (int.TryParse(this[name], System.Globalization.NumberStyles.AllowLeadingSign | System.Globalization.NumberStyles.AllowThousands,
            System.Globalization.CultureInfo.InvariantCulture, out var value)) { return value; }
        faults[name] = [Text.Of("web.form.whole-number")];
        return null;
    }

    /// <summary>The day, null when empty; a fault under the field's name when it is none.</summary>
    internal DateOnly? Day(string name, Dictionary<string, string[]> faults)
    {
        if (this[name].Length == 0) { return null; }
        if (DateOnly.TryParseExact(this[name], ["yyyy-MM-dd", "yyyy-M-d", "yyyy/M/d", "yyyyMMdd"], out var day)) { return day; }
        faults[name] = [Text.Of("web.form.day")];
        return null;
    }

    /// <summary>Every fault of the request together with those found while reading it, or null when there is none: the checks that the API makes at its edge.</summary>
    /// <param name="request">A request record of a slice.</param>
    /// <param name="reading">Faults already found, by field as on the wire; they stand before those of the request.</param>
    internal static ProblemHttpResult? FaultsOf(object request, IReadOnlyDictionary<string, string[]> reading)
    {
        var faults = new Dictionary<string, string[]>(reading);
        foreach (var (field, messages) in RequestFaults.Of(request)) { faults.TryAdd(field, messages); }
        return faults.Count == 0 ? null : KernelProblems.Invalid.For(faults);
    }
}
