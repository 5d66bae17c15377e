import { describe, expect, it } from 'vitest';
import { LetFailed, Scope, type Source } from '../../../../connector/mapping/expressions/scope.ts';

let evaluated: string[] = [];

function aLet(name: string, evaluate: (scope: Scope) => unknown): readonly [string, Source] {
  const counted = (scope: Scope) => {
    evaluated.push(name);
    return evaluate(scope);
  };
  return [name, { path: `let.${name}`, usesLanguage: false, evaluate: counted }];
}

function aScope(...lets: readonly (readonly [string, Source])[]): Scope {
  evaluated = [];
  return new Scope({ a: 'x' }, 'update').begin(new Map(lets));
}

describe('a scope', () => {
  it('has the row, the operation, and what is set', () => {
    const scope = aScope();
    scope.set('language', 'zh_HK');
    expect([scope.get('row'), scope.get('op'), scope.get('language'), scope.get('other')]).toEqual([
      { a: 'x' },
      'update',
      'zh_HK',
      undefined,
    ]);
  });

  it('evaluates a let when it is first used, and once', () => {
    const scope = aScope(
      aLet('one', () => 1n),
      aLet('unused', () => 2n),
    );
    expect(evaluated).toEqual([]);
    expect([scope.get('one'), scope.get('one')]).toEqual([1n, 1n]);
    expect(evaluated).toEqual(['one']);
  });

  it('keeps a let that is null', () => {
    const scope = aScope(aLet('none', () => null));
    expect([scope.get('none'), scope.get('none')]).toEqual([null, null]);
    expect(evaluated).toEqual(['none']);
  });

  it('fails each use of a let that failed, with its cause, evaluating it once', () => {
    const cause = new Error('no JSON');
    const scope = aScope(
      aLet('bad', () => {
        throw cause;
      }),
      aLet('user', inner => inner.get('bad')),
    );
    const failure = (name: string) => {
      try {
        return scope.get(name);
      } catch (error) {
        return error;
      }
    };
    expect(failure('user')).toBeInstanceOf(LetFailed);
    expect(failure('bad')).toMatchObject({ path: 'let.bad', cause });
    // The let that used it fails for the same reason, and says so.
    expect(failure('user')).toMatchObject({ path: 'let.bad', cause });
    expect(evaluated).toEqual(['user', 'bad']);
  });

  it('forgets the lets of a mapping when the next one begins', () => {
    const scope = aScope(aLet('one', () => 1n));
    expect(scope.get('one')).toBe(1n);
    scope.begin(new Map([aLet('one', () => 'other')]));
    expect(scope.get('one')).toBe('other');
    scope.begin(new Map());
    expect([scope.get('one'), scope.get('row')]).toEqual([undefined, { a: 'x' }]);
  });
});
