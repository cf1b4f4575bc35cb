using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.EntityFrameworkCore.ChangeTracking;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Zhengtong.Kernel;

/// <summary>Columns that hold a small immutable value as JSON text, the same on both databases.</summary>
internal static class JsonColumn
{
    /// <summary>Stores the value as canonical JSON; the value must never be changed in place.</summary>
    internal static PropertyBuilder<T> AsJson<T>(this PropertyBuilder<T> property) where T : class? =>
        property.HasConversion(
            value => CanonicalJson.Of(value!),
            text => JsonSerializer.Deserialize<T>(text, CanonicalJson.Options)!,
            new ValueComparer<T>((a, b) => ReferenceEquals(a, b), value => value!.GetHashCode(), value => value));

    /// <summary>Stores the value as JSON that nobody signs: fractions are allowed. The value must never be changed in place.</summary>
    internal static PropertyBuilder<T> AsPlainJson<T>(this PropertyBuilder<T> property) where T : class? =>
        property.HasConversion(
            value => JsonSerializer.Serialize(value, CanonicalJson.Options),
            text => JsonSerializer.Deserialize<T>(text, CanonicalJson.Options)!,
            new ValueComparer<T>((a, b) => ReferenceEquals(a, b), value => value!.GetHashCode(), value => value));

    /// <summary>The same for what is read much more often than it changes: as long as the text is remembered it is not parsed again, and gives the same object.</summary>
    internal static PropertyBuilder<T> AsSharedJson<T>(this PropertyBuilder<T> property) where T : class? =>
        property.HasConversion(
            value => JsonSerializer.Serialize(value, CanonicalJson.Options),
            text => Shared<T>.Of(text),
            new ValueComparer<T>((a, b) => ReferenceEquals(a, b), value => value!.GetHashCode(), value => value));

    /// <summary>Values by their text.</summary>
    private static class Shared<T>
    {
        /// <summary>UTF-16 units of all texts together; when they are more, all are forgotten.</summary>
        private const long Room = 4_000_000;

        private static readonly ConcurrentDictionary<string, T> Known = new(StringComparer.Ordinal);
        private static long length;

        internal static T Of(string text)
        {
            if (Known.TryGetValue(text, out var known)) { return known; }
            var value = JsonSerializer.Deserialize<T>(text, CanonicalJson.Options)!;
            if (text.Length > Room / 16) { return value; }
            if (Interlocked.Add(ref length, text.Length) > Room)
            {
                Known.Clear();
                Interlocked.Exchange(ref length, text.Length);
            }

            return Known.GetOrAdd(text, value);
        }
    }
}
