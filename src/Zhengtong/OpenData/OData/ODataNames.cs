using System.Globalization;
using System.Text;
using Zhengtong.OpenData.Model;

namespace Zhengtong.OpenData.OData;

/// <summary>Names as OData wants them: identifiers of letters of any script, digits and underscores, not beginning with a digit, at most 128 long (OData CSDL 4.0, section 17.2).</summary>
internal static class ODataNames
{
    private const int Longest = 128;

    /// <summary>The entity set of a resource: <c>T_</c> and its id without hyphens.</summary>
    internal static string SetOf(Guid resource) => $"T_{resource:N}";

    /// <summary>The resource of an entity set's name, or null when it is none.</summary>
    internal static Guid? ResourceOf(string set) => set.StartsWith("T_", StringComparison.Ordinal) && Guid.TryParseExact(set.AsSpan(2), "N", out var id) ? id : null;

    /// <summary>The property of each column, in order; every one different, none called <c>_id</c>.</summary>
    internal static IReadOnlyList<string> PropertiesOf(DataTable table)
    {
        var taken = new HashSet<string>(StringComparer.OrdinalIgnoreCase) { "_id" };
        return
        [
            .. table.Columns.Select(c =>
            {
                var name = IdentifierOf(c.Name);
                if (taken.Add(name)) { return name; }
                // The position makes it different from every other that came out the same.
                var numbered = $"{name[..Math.Min(name.Length, Longest - 6)]}_{c.Position.ToString(CultureInfo.InvariantCulture)}";
                while (!taken.Add(numbered)) { numbered += "_"; }
                return numbered;
            }),
        ];
    }

    private static string IdentifierOf(string name)
    {
        var identifier = new StringBuilder();
        foreach (var rune in name.EnumerateRunes())
        {
            if (identifier.Length >= Longest - 2) { break; }
            var letter = Rune.IsLetter(rune) || rune.Value == '_' || Rune.GetUnicodeCategory(rune) == UnicodeCategory.LetterNumber;
            if (identifier.Length == 0 && !letter) { identifier.Append('_'); }
            identifier.Append(letter || Rune.IsDigit(rune) ? rune.ToString() : "_");
        }

        return identifier.ToString();
    }
}
