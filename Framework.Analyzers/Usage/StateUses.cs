using System.Collections.Concurrent;
using Microsoft.CodeAnalysis;
using UpgradeProtocols.Declarations;

namespace UpgradeProtocols.Analyzers;

/// <summary>The handler methods that access and change its state. They are collected while the analyzer visits its code.</summary>
internal sealed class StateUses(HandlerMethods methods)
{
    private readonly ConcurrentBag<Use> _uses = [];

    private readonly HashSet<ISymbol> _concurrent = SetOf(methods.Messages.Where(message => message.Attribute.Value<bool>("Concurrent") == true).Select(message => message.Method));
    private readonly HashSet<ISymbol> _streams = SetOf(methods.Messages.Select(message => message.Method).Where(method => method.ReturnType.Is("System.Collections.Generic", "IAsyncEnumerable`1")));
    private readonly HashSet<ISymbol> _background = SetOf(methods.Lifecycle(MethodRole.Background));

    // While these methods run, no other method of the connection runs.
    private readonly HashSet<ISymbol> _alone =
        SetOf(new[] { MethodRole.OnUpgrading, MethodRole.OnConnected, MethodRole.OnDisconnected }.SelectMany(methods.Lifecycle));

    private readonly HashSet<ISymbol> _called = SetOf(methods.Messages.Select(message => message.Method)
        .Concat(Enum.GetValues(typeof(MethodRole)).Cast<MethodRole>().SelectMany(methods.Lifecycle)));

    public void Add(ISymbol state, IMethodSymbol method, SyntaxNode place, bool isChange, bool isGuarded) =>
        _uses.Add(new Use(state, method, place, isChange, isGuarded));

    /// <summary>The first unsynchronized access of each method that can run concurrently with a change, and an alternative fix.</summary>
    public IEnumerable<(ISymbol State, IMethodSymbol Method, SyntaxNode Place, string Others, string Remedy)> Shared()
    {
        foreach (var uses in _uses.GroupBy<Use, ISymbol>(use => use.State, SymbolEqualityComparer.Default))
        {
            foreach (var touch in uses.Where(use => !use.IsGuarded)
                .GroupBy<Use, ISymbol>(use => use.Method, SymbolEqualityComparer.Default)
                .Select(group => group.OrderBy(use => use.Place.SpanStart).First()))
            {
                if (Beside(touch, [.. uses]) is { } found)
                {
                    yield return (touch.State, touch.Method, touch.Place, found.Others, found.Remedy);
                }
            }
        }
    }

    private (string Others, string Remedy)? Beside(Use touch, List<Use> uses)
    {
        var method = touch.Method;
        if (touch.State.IsStatic)
        {
            return _called.Contains(method) && uses.Exists(use => use.IsChange) ? ("other connections", ", or make it an instance member") : null;
        }

        var changes = uses.Where(use => use.IsChange && !_alone.Contains(use.Method)).ToList();
        if (_concurrent.Contains(method))
        {
            return changes.Count > 0 ? ("other messages of its connection", ", or remove Concurrent") : null;
        }

        if (_streams.Contains(method))
        {
            return changes.Count > 0 ? ("other messages of its connection", "") : null;
        }

        // There is only one background method, so state that only this method accesses is not shared.
        var isShared = _background.Contains(method) && changes.Count > 0
            && uses.Exists(use => !_alone.Contains(use.Method) && !SymbolEqualityComparer.Default.Equals(use.Method, method));
        return isShared ? ("the messages of its connection", "") : null;
    }

    private static HashSet<ISymbol> SetOf(IEnumerable<IMethodSymbol> methods) => new(methods, SymbolEqualityComparer.Default);

    private sealed record Use(ISymbol State, IMethodSymbol Method, SyntaxNode Place, bool IsChange, bool IsGuarded);
}
