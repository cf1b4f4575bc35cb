using System.Collections.Concurrent;
using System.Globalization;
using System.Resources;

namespace Zhengtong.Kernel;

/// <summary>Every sentence a person reads, in the reader's language. The first word of a key names the module whose resource file holds it:
/// <c>agreements.apply.title</c> is in <c>Agreements/AgreementsText.resx</c> (Chinese) and <c>AgreementsText.en.resx</c> (English); <c>open-data.</c> is OpenData.</summary>
internal static class Text
{
    private static readonly ConcurrentDictionary<string, ResourceManager?> Resources = new();

    /// <summary>The sentence in the current UI culture; the key itself when no sentence exists, which a test forbids.</summary>
    /// <param name="key">Module, dot, rest; lower case.</param>
    internal static string Of(string key) => Find(key) ?? key;

    /// <summary>The sentence with its places {0}, {1} ... filled in the current culture.</summary>
    internal static string Of(string key, params ReadOnlySpan<object?> arguments) =>
        string.Format(CultureInfo.CurrentCulture, Of(key), arguments);

    /// <summary>The sentence, or null when the key is unknown.</summary>
    internal static string? Find(string key)
    {
        var dot = key.IndexOf('.', StringComparison.Ordinal);
        return dot < 1 ? null : Resources.GetOrAdd(key[..dot], Load)?.GetString(key, CultureInfo.CurrentUICulture);
    }

    /// <summary>Writes in a reader's language, whoever the caller is.</summary>
    /// <param name="language"><c>zh-CN</c> or <c>en</c>.</param>
    /// <param name="write">What to write; it must not wait for anything.</param>
    internal static T In<T>(string language, Func<T> write)
    {
        var (ui, culture) = (CultureInfo.CurrentUICulture, CultureInfo.CurrentCulture);
        try
        {
            CultureInfo.CurrentUICulture = CultureInfo.CurrentCulture = CultureInfo.GetCultureInfo(language);
            return write();
        }
        finally { (CultureInfo.CurrentUICulture, CultureInfo.CurrentCulture) = (ui, culture); }
    }

    private static ResourceManager? Load(string module)
    {
        var name = module.Replace("-", "", StringComparison.Ordinal);
        var assembly = typeof(Text).Assembly;
        var found = Array.Find(assembly.GetManifestResourceNames(), n => string.Equals(n, $"Zhengtong.{name}.{name}Text.resources", StringComparison.OrdinalIgnoreCase));
        return found is null ? null : new ResourceManager(found[..^".resources".Length], assembly);
    }
}
