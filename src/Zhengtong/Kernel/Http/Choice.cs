using System.Diagnostics.CodeAnalysis;

namespace Zhengtong.Kernel.Http;

/// <summary>One of an enum's values in a query string, written as in JSON bodies (<c>awaitingSeals</c>); the framework alone would demand C#'s capitals and take numbers.</summary>
/// <typeparam name="T">The enum.</typeparam>
/// <param name="Value">The value.</param>
public readonly record struct Choice<T>(T Value) : IParsable<Choice<T>> where T : struct, Enum
{
    /// <summary>Parses a name of the enum, whatever its capitals.</summary>
    /// <exception cref="FormatException">No such name.</exception>
    public static Choice<T> Parse(string s, IFormatProvider? provider) =>
        TryParse(s, provider, out var choice) ? choice : throw new FormatException($"'{s}' is none of {string.Join(", ", Enum.GetNames<T>())}");

    /// <summary>Parses a name of the enum, whatever its capitals; false for numbers and lists of names.</summary>
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out Choice<T> result)
    {
        var index = Array.FindIndex(Enum.GetNames<T>(), name => string.Equals(name, s, StringComparison.OrdinalIgnoreCase));
        result = index < 0 ? default : new Choice<T>(Enum.GetValues<T>()[index]);
        return index >= 0;
    }

    /// <summary>Lets code that has the enum call a slice directly.</summary>
    public static implicit operator Choice<T>(T value) => new(value);
}
