using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Zhengtong.Kernel.Objects;

/// <summary>SHA-256 of an object's bytes, which is also its name: 64 lower-case hex digits.</summary>
[JsonConverter(typeof(AsText))]
public readonly record struct Digest : IParsable<Digest>
{
    private readonly string? value;

    private Digest(string value) => this.value = value;

    /// <summary>64 lower-case hex digits.</summary>
    public string Value => value ?? throw new InvalidOperationException("A digest that was never set has no value");

    /// <summary>The digest of these bytes.</summary>
    public static Digest Of(ReadOnlySpan<byte> content) => OfHash(SHA256.HashData(content));

    /// <summary>A digest from the 32 bytes of a finished hash.</summary>
    internal static Digest OfHash(ReadOnlySpan<byte> hash) =>
        hash.Length == SHA256.HashSizeInBytes ? new Digest(Convert.ToHexStringLower(hash)) : throw new ArgumentException($"SHA-256 has 32 bytes, not {hash.Length}", nameof(hash));

    /// <inheritdoc/>
    public override string ToString() => Value;

    /// <summary>Parses 64 lower-case hex digits.</summary>
    /// <exception cref="FormatException">Anything else.</exception>
    public static Digest Parse(string s, IFormatProvider? provider = null) =>
        TryParse(s, provider, out var digest) ? digest : throw new FormatException($"'{s}' is no digest: 64 lower-case hex digits");

    /// <summary>Parses 64 lower-case hex digits; false for anything else, upper case too.</summary>
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out Digest result)
    {
        var valid = s is { Length: 64 } && !s.AsSpan().ContainsAnyExcept("0123456789abcdef");
        result = valid ? new Digest(s!) : default;
        return valid;
    }

    private sealed class AsText : JsonConverter<Digest>
    {
        public override Digest Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options) =>
            TryParse(reader.GetString(), null, out var digest) ? digest : throw new JsonException("Not a digest: 64 lower-case hex digits");

        public override void Write(Utf8JsonWriter writer, Digest value, JsonSerializerOptions options) => writer.WriteStringValue(value.Value);
    }
}
